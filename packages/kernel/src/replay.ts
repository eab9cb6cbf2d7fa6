import { strict as assert } from "node:assert";
import type { Run } from "./run.ts";
import { start } from "./run.ts";
import { LogCorrupt, type Stored } from "./store.ts";
import { apply } from "./transition.ts";

/** What of a stored event a fold needs. */
export type Told = Pick<Stored, "seq" | "at_ms" | "event">;

/**
 * A run as its events tell it: all the recovery code there is.
 *
 * @param events of one run, in order, from its first
 * @throws LogCorrupt for an event that is illegal where it stands; the cause says why
 */
export function replay(events: Iterable<Told>): Run | null {
  let run: Run | null = null;
  for (const told of events) run = fold(run, told);
  return run;
}

/**
 * One event more.
 *
 * @param run null before the first
 * @throws LogCorrupt as `replay` does
 */
export function fold(run: Run | null, { seq, at_ms, event }: Told): Run {
  try {
    return run ? apply(run, event) : begin(event, at_ms);
  } catch (cause) {
    if (isAssertion(cause)) throw new LogCorrupt(seq, "illegal", { cause });
    throw cause;
  }
}

function begin(event: Stored["event"], at_ms: number): Run {
  if (event.kind !== "run_started") assert.fail(`A run begins with "run_started", not with "${event.kind}"`);
  return start(event, at_ms);
}

/** By its code: to ask for the class of it loads streams and cryptography, at each start of the program. */
const isAssertion = (error: unknown): boolean =>
  error instanceof Error && "code" in error && error.code === "ERR_ASSERTION";
