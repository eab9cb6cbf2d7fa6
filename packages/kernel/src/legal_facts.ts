import { strict as assert } from "node:assert";
import type { EventKind, EventOf } from "./event.ts";
import type { TaskId } from "./plan.ts";
import { type Run, taskOf } from "./run.ts";

/** Calls are made by a worker that is at work, or by a reviewer while its candidate is judged. */
export function assertCall(run: Run, event: EventOf<"call_reserved" | "call_settled">): void {
  const { id, state, attempt } = taskOf(run, event.task);
  const illegal = `Illegal event "${event.kind}" for task "${id}"`;
  assert(state === "active" || state === "judging", `${illegal} in state "${state}"`);
  assert.equal(event.attempt, attempt, `${illegal}: attempt ${attempt} is the current one`);
  const begins = event.kind === "call_reserved";
  assert(run.state === "running" || !begins, `${illegal}: the run is ${run.state}`);
}

/** Reviewers vote on the candidate that is being judged, and on no other. */
export function assertJudged(run: Run, event: EventOf<"review_opened" | "seat_voted">): void {
  const { id, state, attempt } = taskOf(run, event.task);
  const illegal = `Illegal event "${event.kind}" for task "${id}"`;
  assert.equal(state, "judging", `${illegal} in state "${state}"`);
  assert.equal(event.attempt, attempt, `${illegal}: attempt ${attempt} is the current one`);
}

/** What is told of an attempt is told once it has begun. */
export function assertBegun(
  run: Run,
  { kind, task, attempt }: { kind: EventKind; task: TaskId; attempt: number },
): void {
  const begun = taskOf(run, task).attempt;
  assert(attempt <= begun, `Illegal event "${kind}" for task "${task}": attempt ${attempt} has not begun`);
}

/** A person is heard for as long as somebody can act on it; what they say may be about an earlier run. */
export function assertHeard(run: Run, event: EventOf<"finding_answered">): void {
  assert(run.state !== "ended", `Illegal event "${event.kind}" for task "${event.task}": the run has ended`);
  if (event.run === undefined) assertBegun(run, event);
  else taskOf(run, event.task);
}
