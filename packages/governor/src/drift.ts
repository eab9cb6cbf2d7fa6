import { withLog } from "./log.ts";
import { findRoot } from "./root.ts";
import { type Asked, type Comparison, type Drift, driftOf, type Series, samplesIn } from "./view/drift.ts";

export type { Comparison, Series };

/**
 * How well models did at each kind of task, and where that has changed. `runs`: how many were looked at; `attempts` came to
 * an end that says something, `uncounted` to one that does not, and `untold` are from before logs had what is asked.
 */
export type DriftView = Drift & Asked & { runs: number; attempts: number; uncounted: number; untold: number };

const RUNS_MAX = 1_000; // older ones say little of a model of today

const KINDS = [
  ...(["run_started", "run_forked", "task_dispatched", "call_settled"] as const),
  ...(["attempt_failed", "candidate_rejected", "task_landed", "report_filed"] as const),
];

/** By the log alone, of the latest thousand runs. */
export function readDrift(cwd: string, asked: Asked): Promise<DriftView> {
  return withLog(findRoot(cwd), (log) => {
    const rows = log.runs().slice(0, RUNS_MAX);
    const found = rows.map(({ run, first_seq }) =>
      samplesIn([...log.read({ run, kinds: KINDS, after: first_seq - 1 })]),
    );
    const sum = (of: (one: (typeof found)[number]) => number) => found.reduce((all, one) => all + of(one), 0);
    const samples = found.flatMap((one) => one.samples);
    return {
      ...driftOf(samples, asked),
      ...asked,
      runs: rows.length,
      attempts: samples.length,
      uncounted: sum(({ uncounted }) => uncounted),
      untold: sum(({ untold }) => untold),
    };
  });
}
