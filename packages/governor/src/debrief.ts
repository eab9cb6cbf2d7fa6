import { DgovError } from "./error.ts";
import { newestRun } from "./find_run.ts";
import { withLog } from "./log.ts";
import { type ReviewedUnit, readPlanReview } from "./plan_views.ts";
import { ranAs } from "./ran_as.ts";
import { findPlan, findRoot } from "./root.ts";
import { type Comment, type Debrief, debriefOf } from "./view/debrief.ts";

export type { Comment };

type From = { cwd: string; env: Readonly<Record<string, string | undefined>> };

/** Whose patch and whose story are wanted, as ids of tasks; null: nobody's. */
export type Drill = { diff: string | null; timeline: string | null };

/** The last run, looked back upon. `diff` and `timeline` are there where they were asked for. */
export type DebriefView = Debrief & {
  run: string;
  diff: { task: string; patch: string } | null;
  timeline: { task: string; events: ReviewedUnit["activity"] } | null;
};

/**
 * Looks back on the last run, and on no other.
 *
 * @param plan whose last run it is; null: the last of all
 * @throws DgovError `run_unknown`, `task_unknown`, and as `readPlanReview` where a patch or a story is asked for
 */
export async function debrief({ cwd, env }: From, plan: string | null, drill: Drill): Promise<DebriefView> {
  const root = findRoot(cwd);
  const told = await withLog(root, (log) => {
    const row = plan === null ? newestRun(log) : log.lastRun(ranAs(root, log, findPlan(root, cwd, plan)));
    const view = row && debriefOf([...log.read({ run: row.run, after: row.first_seq - 1 })]);
    return row && view ? { ...view, run: row.run, dir: row.plan_dir } : null;
  });
  if (told === null)
    throw new DgovError(
      "run_unknown",
      `Cannot look back: ${plan === null ? "nothing" : `"${plan}"`} was ever run here`,
    );
  const { dir, ...view } = told;
  const { diff, timeline } = drill;
  const named = (task: string | null) => (task === null ? [] : [task]);
  if (diff === null && timeline === null) return { ...view, diff, timeline };
  const { units } = await readPlanReview({ cwd, env }, dir, {
    only: null,
    diffs: named(diff),
    events: named(timeline),
  });
  const unit = (task: string | null) => units.find((one) => one.unit === task);
  return {
    ...view,
    diff: diff === null ? null : { task: diff, patch: unit(diff)?.full_diff ?? "" },
    timeline: timeline === null ? null : { task: timeline, events: unit(timeline)?.activity ?? [] },
  };
}
