import type { Event, TaskId } from "@dgov/kernel";
import { type StatedCheck, weighChecks } from "@dgov/kernel/stated";
import type { Site } from "../site.ts";

/** What a worker has stated, of which tree it left; absent: nothing, and the tree that is judged. */
type Stating = { checks?: readonly StatedCheck[]; left?: string; tree: string };

/** What the worker states of its work, weighed by what it has called; no event where it states nothing. */
export function statedOf(
  { session }: Pick<Site, "session">,
  { task, attempt }: { task: TaskId; attempt: number },
  { checks = [], left, tree }: Stating,
): Event[] {
  if (checks.length === 0) return [];
  const made = session.read("tool_called", task);
  const calls = made.filter((call) => call.attempt === attempt && call.seat === undefined);
  const of = { task, attempt, left: left ?? tree, tree };
  return [{ kind: "checks_stated", ...of, checks: weighChecks(checks, calls, of.left !== tree) }];
}
