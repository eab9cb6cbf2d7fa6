import type { RunRow, Store } from "@dgov/kernel";
import { DgovError } from "./error.ts";

const NAMED_MAX = 5;

/** Where the plans of those lie who were consulted: runs of one task that is nobody's plan. */
export const CONSULTS = ".dgov/consult";

/**
 * The newest run of a plan. That a model was consulted is a run as well, and nobody means it who asks for the last run, unless
 * there is no other.
 */
export function newestRun(log: Store): RunRow | null {
  const last = log.lastRun();
  if (!last?.plan_dir.startsWith(`${CONSULTS}/`)) return last;
  return log.runs().find(({ plan_dir }) => !plan_dir.startsWith(`${CONSULTS}/`)) ?? last;
}

/**
 * The run that the user means: by its id, or by a beginning of it that no other run has.
 *
 * @throws DgovError `run_unknown`
 */
export function findRun(log: Store, text: string): RunRow {
  const rows = log.runs();
  const fitting = rows.filter(({ run }) => run === text || (text !== "" && run.startsWith(text)));
  const [row] = fitting.filter(({ run }) => run === text || fitting.length === 1);
  if (row) return row;
  const known = (fitting.length > 0 ? fitting : rows).slice(0, NAMED_MAX).map(({ run, plan }) => `${run} of "${plan}"`);
  const why = fitting.length > 0 ? "more than one run begins so" : "the log has no such run";
  throw new DgovError("run_unknown", `Cannot find the run "${text}": ${why}`, {
    hint: known.length === 0 ? 'Nothing was ever run here: "dgov run PLAN"' : `The newest are ${known.join(", ")}`,
  });
}
