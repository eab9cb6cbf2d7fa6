import type { RunRow, Store, Stored, Wait } from "@dgov/kernel";
import { DgovError } from "./error.ts";
import { openReadable } from "./log.ts";
import { findRoot } from "./root.ts";

export { NO_PROGRESS, type Progress, progress, type TaskProgress } from "./view/progress.ts";
export { tell, type Weight } from "./view/story.ts";
export type { Stored };

/**
 * What to watch.
 *
 * `plan`   only runs of the plan of this name; null: every plan
 * `all`    from the log's beginning
 * `after`  a cursor: the sequence number of the last event the caller has; null: none
 * `follow` false: end where the log ends
 */
export type WatchOptions = { plan: string | null; all: boolean; after: number | null; follow: boolean };

/**
 * The events to show, in order, and then whatever is appended. Without a cursor: from the beginning of the last run that
 * is asked for if it is under way, or if nothing is waited for; else from now on.
 */
export async function* watch(cwd: string, options: WatchOptions, wait: Wait): AsyncGenerator<Stored> {
  const log = openReadable(findRoot(cwd));
  try {
    const runs = log.runs();
    const wanted = new Set(runs.filter((row) => isOf(row, options.plan)).map((row) => row.run));
    if (options.plan !== null && wanted.size === 0 && !options.follow) throw unknownPlan(options.plan, runs);
    const after = beginning(log, runs.find((row) => wanted.has(row.run)) ?? null, options);
    const events = options.follow ? log.follow({ after }, wait) : log.read({ after });
    for await (const stored of events) {
      if (wait.signal.aborted) return;
      if (stored.event.kind === "run_started" && isOf(stored.event, options.plan)) wanted.add(stored.run);
      if (wanted.has(stored.run)) yield stored;
    }
  } finally {
    log.close();
  }
}

const isOf = ({ plan, plan_dir }: Pick<RunRow, "plan" | "plan_dir">, wanted: string | null) =>
  wanted === null || plan === wanted || plan_dir === wanted.replace(/\/$/, "");

function beginning(log: Store, last: RunRow | null, { all, after, follow, plan }: WatchOptions): number {
  if (after !== null) return after;
  if (all || !last) return 0;
  const over = [...log.read({ run: last.run, kinds: ["run_ended"], after: last.first_seq - 1 })].length > 0;
  return over && follow && plan === null ? log.lastSeq() : last.first_seq - 1;
}

function unknownPlan(plan: string, runs: readonly RunRow[]): DgovError {
  const known = [...new Set(runs.map((row) => `"${row.plan}"`))].join(", ");
  return new DgovError("plan_not_found", `Cannot watch "${plan}": no run of it is in the log`, {
    hint: known === "" ? "Nothing was ever run here" : `There are runs of ${known}`,
  });
}

/** One event as a line of JSON. `seq` is the cursor to go on from. */
export function ndjson({ seq, run, at_ms, event }: Stored): string {
  return JSON.stringify({ seq, run, at_ms, ...event });
}
