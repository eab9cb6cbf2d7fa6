import { findRun, newestRun } from "./find_run.ts";
import { withLog } from "./log.ts";
import { findRoot } from "./root.ts";
import { type Metric, metricSchema, metricsOf } from "./view/metrics.ts";

export { type Metric, metricSchema };

/** Of which runs: the last one, one by its id or the beginning of it, or all that the log has, the oldest first. */
export type Runs = { which: "last" } | { which: "one"; run: string } | { which: "all" };

/**
 * The lines of runs, by the log alone; none when nothing was ever run here.
 *
 * @throws DgovError `run_unknown`
 */
export function readMetrics(cwd: string, runs: Runs): Promise<Metric[]> {
  return withLog(findRoot(cwd), (log) => {
    const newest = runs.which === "last" ? newestRun(log) : null;
    const one = runs.which === "one" ? findRun(log, runs.run) : newest;
    const asked = runs.which === "all" ? log.runs().toReversed() : one === null ? [] : [one];
    return asked.flatMap(({ run, first_seq }) => metricsOf(run, [...log.read({ run, after: first_seq - 1 })]));
  });
}
