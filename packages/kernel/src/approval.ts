import { strict as assert } from "node:assert";
import type { Event, EventOf } from "./event.ts";
import { type Run, type Task, taskOf } from "./run.ts";

/** What stands in place of a gate where a person does not approve. */
export const APPROVAL = "approval";

/** Whether only a person is missing: everything else has let it through, and nobody has approved what it left. */
export const awaitsApproval = (run: Run, { id, state, work }: Task): boolean =>
  state === "ready" &&
  run.started.tasks[run.index.get(id) ?? -1]?.approval === true &&
  work?.candidate?.approved !== true;

/** An approval is of what the worker left: it holds when that is put on another head, and not for another attempt. */
export function answered(run: Run, event: EventOf<"approval_answered">): Run {
  const task = taskOf(run, event.task);
  const illegal = `Illegal event "${event.kind}" for task "${task.id}"`;
  assert(run.state !== "ended", `${illegal}: the run has ended`);
  assert(awaitsApproval(run, task), `${illegal}: it waits for nobody's approval`);
  assert.equal(event.attempt, task.attempt, `${illegal}: attempt ${task.attempt} is the current one`);
  const { work } = task;
  assert(work?.candidate?.tree === event.tree, `${illegal}: another tree`);
  if (event.verdict === "reject") return run; // and so its candidate is rejected, which is an event of its own
  const tasks = run.tasks.slice();
  const candidate = { ...work.candidate, approved: true as const };
  tasks[run.index.get(task.id) ?? -1] = { ...task, work: { ...work, candidate } };
  return { ...run, tasks };
}

/** What everything has let through falls by a person alone, and of a batch nothing does: the others would fall with it. */
export function assertPerson({ work }: Task, event: Event, illegal: string): void {
  if (event.kind !== "candidate_rejected" && event.kind !== "attempt_failed") return;
  const bySomebody = event.kind === "attempt_failed" ? event.cause === "cancelled" : event.gate === APPROVAL;
  assert(bySomebody, `${illegal}: it has passed`);
  assert(work?.integrated?.tip === undefined, `${illegal}: it was judged with others`);
}
