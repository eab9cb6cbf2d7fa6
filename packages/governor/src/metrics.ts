import { findRun } from "./find_run.ts";
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
    const rows = runs.which === "one" ? [findRun(log, runs.run)] : log.runs();
    const asked = runs.which === "all" ? rows.toReversed() : rows.slice(0, 1);
    return asked.flatMap(({ run, first_seq }) => metricsOf(run, [...log.read({ run, after: first_seq - 1 })]));
  });
}
