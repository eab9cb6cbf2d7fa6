import type { Event, TaskId } from "@dgov/kernel";
import { noteStep, type Step, watchTests } from "@dgov/kernel/watched";
import type { CompiledTask } from "../plan/compiled.ts";
import type { Site } from "../site.ts";

/** What led to an attempt's work: which attempt went on from which, and what each of them called. */
const LED_TO = ["task_dispatched", "agent_started", "tool_called", "attempt_failed"] as const;

/** Whether an attempt saw its task's own tests fail before its work began; no event of a task without a test command. */
export function watchedOf(
  { session }: Pick<Site, "session">,
  { task, attempt, unit }: { task: TaskId; attempt: number; unit: Pick<CompiledTask, "test_cmd"> },
): Event[] {
  const command = unit.test_cmd;
  if (command === null) return [];
  const steps = new Map<string, Step[]>();
  for (const event of session.read(LED_TO, task)) noteStep(steps, event);
  return [{ kind: "tests_watched", task, attempt, command, ...watchTests(command, steps.get(task) ?? []) }];
}
