import { type EventOf, type Run, type TaskId, taskOf } from "@dgov/kernel";
import { isNamed } from "../open_findings.ts";
import type { Events } from "../run_events.ts";
import { saidAbout, saidIn } from "../said_findings.ts";
import type { Request } from "./request.ts";

/** What a request says to a reviewer, or in words why nothing can be said. `run`: where it was found, where that was an earlier one. */
type Spoken = { said: EventOf<"finding_answered"> } | { why: string };

/**
 * What a person says to a reviewer. It is heard when the work is judged next, also in a run after this one.
 *
 * @param events of the run in which it was found
 */
export function speak(run: Run, { verb, task, finding, by, reason }: Request, events: Events): Spoken {
  if (task === null || !run.index.has(task)) return { why: "the run has no such task" };
  if (taskOf(run, task).state === "landed") return { why: "it has landed" };
  if (finding === undefined || !isNamed(events, task, finding)) return { why: "no reviewer has named that" };
  const does = verb === "dismiss" ? verb : "answer";
  const { id, seat, tree, attempt, finding: found } = finding;
  const of = { task, attempt, seat, finding: id, found, tree };
  return { said: { kind: "finding_answered", ...of, does, by, reason } };
}

/** Whether it is the last word on that blocker already. */
export function isSaid(events: Events, task: TaskId, said: EventOf<"finding_answered">): boolean {
  const { finding: id, found: finding, seat, tree, attempt } = said;
  const before = saidAbout(saidIn(events, task), { id, finding, seat, tree, attempt });
  return before?.does === said.does && before.reason === said.reason;
}
