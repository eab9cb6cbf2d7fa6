import type { Cause, EventOf, Finding, Output } from "@dgov/kernel";
import type { Level } from "@dgov/sandbox";

/**
 * What a gate answers. Only `pass` passes: `broken` is a gate that could not answer, which is our fault and never lands.
 * `level`: at which what it ran was confined; null: it ran nothing.
 */
export type Verdict = Judgement & { gate: string; took_ms: number; level: Level | null };

export type Judgement = {
  verdict: "pass" | "reject" | "broken";
  cause: Cause; // why the task fails if this is not a pass; read only then
  findings: readonly Finding[]; // of a pass: notes
  command: string | null;
  exit: number | null;
  output: Output | null;
};

/** A gate: a name and one question about a candidate. Throwing is `broken`, never a pass. */
export interface Gate<Candidate> {
  name: string;
  check(candidate: Candidate): Promise<Judgement>;
}

export const pass: Judgement = {
  verdict: "pass",
  cause: "gate",
  findings: [],
  command: null,
  exit: null,
  output: null,
};

export const reject = (cause: Cause, findings: readonly Finding[]): Judgement => ({
  ...pass,
  verdict: "reject",
  cause,
  findings,
});

/** How gates are timed and told. `level`: of what has run since it was asked before; null: nothing has. */
export type Settling = { now_ms: () => number; level: () => Level | null; record: (verdict: Verdict) => void };

/**
 * Runs gates in order and stops at the first that does not pass. Timing, the record and the catch are here, once.
 *
 * @returns the verdict that stopped it, or null when all passed
 */
export async function settle<Candidate>(
  gates: readonly Gate<Candidate>[],
  candidate: Candidate,
  { now_ms, level, record }: Settling,
): Promise<Verdict | null> {
  for (const { name: gate, check } of gates) {
    const start_ms = now_ms();
    const judged = await check(candidate).catch(broken);
    const verdict: Verdict = { ...judged, gate, took_ms: Math.round(now_ms() - start_ms), level: level() };
    record(verdict);
    if (verdict.verdict !== "pass") return verdict;
  }
  return null;
}

/** The gate could not answer. The words go to the log for a person; no program reads them. */
const broken = (error: unknown): Judgement => ({
  ...pass,
  verdict: "broken",
  cause: "broken",
  findings: [{ code: "gate_broken", message: error instanceof Error ? error.message : String(error) }],
});

/** What a record holds of a verdict. */
export function recordOf({ gate, verdict, took_ms, findings, command, exit, output, level }: Verdict) {
  const said = { gate, verdict, findings: [...findings], took_ms, command, exit, output };
  return level === null ? said : { ...said, level };
}

/** The event that records a verdict. */
export const verdictEvent = (
  { task, attempt }: Pick<EventOf<"gate_judged">, "task" | "attempt">,
  verdict: Verdict,
): EventOf<"gate_judged"> => ({ kind: "gate_judged", task, attempt, ...recordOf(verdict) });
