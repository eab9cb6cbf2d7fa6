import type { EventKind, Stored } from "@dgov/kernel";
import { hasRun, RUNS_ALWAYS } from "../settlement/specs.ts";

/** A gate that ran on a tree and passed it. `task`: whose work it was; null: of several, as one tree. */
export type GateRun = { gate: string; tree: string; run: string; seq: number; task: string | null };

/** What is read of the log. */
export const GATE_EVENTS: readonly EventKind[] = ["gate_judged", "candidate_passed", "batch_judged", "task_dispatched"];

/**
 * All runs of gates on work that passed in the end, the last one last. A verdict says nothing of the tree: that is known once the
 * candidate has passed, of all that was said since the time before.
 */
export function gateRuns(stored: Iterable<Stored>): GateRun[] {
  const runs: GateRun[] = [];
  const said = new Map<string, string[]>(); // by run and task: gates that ran
  for (const { run, seq, event } of stored) {
    if (event.kind === "batch_judged" && event.verdict === "pass")
      runs.push(...ranIn(event.gates).map((gate) => ({ gate, tree: event.tree, run, seq, task: null })));
    if (event.kind === "task_dispatched") said.delete(`${run} ${event.task}`);
    if (event.kind === "gate_judged")
      said.set(`${run} ${event.task}`, [...(said.get(`${run} ${event.task}`) ?? []), ...ranIn([event])]);
    if (event.kind !== "candidate_passed") continue;
    const { task, tree } = event;
    runs.push(...(said.get(`${run} ${task}`) ?? []).map((gate) => ({ gate, tree, run, seq, task })));
    said.delete(`${run} ${task}`);
  }
  return runs;
}

type Said = Pick<Extract<Stored["event"], { kind: "gate_judged" }>, "gate" | "verdict" | "command" | "level">;

const ranIn = (said: readonly Said[]): string[] =>
  said.flatMap((one) => (one.verdict === "pass" && (hasRun(one) || RUNS_ALWAYS.has(one.gate)) ? [one.gate] : []));
