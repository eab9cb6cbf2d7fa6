import { withLog } from "./log.ts";
import { loadCompiled } from "./plan/store.ts";
import { type PlanReview, type ReviewedUnit, readPlanReview } from "./plan_views.ts";
import { ranAs } from "./ran_as.ts";
import { findPlanOrArchived, findRoot } from "./root.ts";
import { type Cost, type CostSum, costOf } from "./view/cost.ts";
import { type Span, type Timeline, timelineOf } from "./view/timeline.ts";

export type { Cost, CostSum, PlanReview, ReviewedUnit, Span, Timeline };

/**
 * All that a page about a plan's last run shows. `after`: of each task those that it waits for. `timeline` and `cost`, by
 * role and model, are null when it was never run.
 */
export type PlanPage = {
  review: PlanReview;
  after: ReadonlyMap<string, readonly string[]>;
  timeline: Timeline | null;
  cost: Cost | null;
};

type From = { cwd: string; env: Readonly<Record<string, string | undefined>> };

/**
 * Everything about a plan's last run, with every patch and every story, or with none of them.
 *
 * @throws DgovError as `readPlanReview` does
 */
export async function readPlanPage(
  { cwd, env }: From,
  plan: string,
  only: string | null,
  details: "all" | "none" = "all",
): Promise<PlanPage> {
  const root = findRoot(cwd);
  const dir = findPlanOrArchived(root, cwd, plan);
  const shown = details === "all" ? details : [];
  const review = await readPlanReview({ cwd, env }, plan, { only, diffs: shown, events: shown });
  const after = new Map(loadCompiled(root, dir).tasks.map(({ id, depends_on }) => [id, depends_on]));
  return withLog(root, (log) => {
    const last = log.lastRun(ranAs(root, log, dir));
    const events = last ? [...log.read({ run: last.run, after: last.first_seq - 1 })] : [];
    const cost = last ? costOf(last.run, events, "model") : null;
    return { review, after, timeline: timelineOf(events), cost };
  });
}
