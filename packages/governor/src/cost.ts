import type { RunLimits, Store } from "@dgov/kernel";
import { changesFiles } from "@dgov/kernel/role";
import { costMicros } from "@dgov/worker";
import { lowest, withBudget } from "./budget.ts";
import { symbolFinder } from "./claimable.ts";
import { landedUnits } from "./compile.ts";
import { readProject, withLimits } from "./config.ts";
import { DgovError } from "./error.ts";
import { newestRun } from "./find_run.ts";
import { withLog } from "./log.ts";
import type { CompiledPlan } from "./plan/compiled.ts";
import { chooseProvider } from "./plan/resolve.ts";
import type { Project } from "./project.ts";
import { compileOrRefuse } from "./ready.ts";
import { findPlan, findRoot } from "./root.ts";
import { wishOf } from "./routing.ts";
import { COST_KEYS, type Cost, type CostKey, type CostSum, callsIn, costOf } from "./view/cost.ts";
import { type Estimate, type Estimated, estimate } from "./view/estimate.ts";

export { COST_KEYS, type Cost, type CostKey, type CostSum, type Estimate };

type From = { cwd: string; env: Readonly<Record<string, string | undefined>>; self: readonly string[] };

/**
 * What a run has cost, by the log alone.
 *
 * @param id a run; null: the last one
 * @returns null when nothing was ever run here
 * @throws DgovError `run_unknown`
 */
export function readCost(cwd: string, id: string | null, by: CostKey): Promise<Cost | null> {
  return withLog(findRoot(cwd), (log) => {
    const row = id === null ? newestRun(log) : log.runs().find(({ run }) => run === id);
    if (row) return costOf(row.run, [...log.read({ run: row.run, after: row.first_seq - 1 })], by);
    if (id === null) return null;
    throw new DgovError("run_unknown", `Cannot tell what run "${id}" cost: the log has no such run`);
  });
}

/** What a plan is likely to cost. `unknown`: tasks of which nobody can say; `unpriced`: models without a price. */
export type CostEstimate = {
  plan: string;
  currency: string;
  limits: RunLimits;
  tasks: Estimate[];
  cost_micros: number | null; // of the tasks that can be told of; null when there is none
  unknown: string[];
  unpriced: string[];
};

/**
 * What the tasks of a plan are likely to cost, by what the log has of tasks like them.
 *
 * `only` are the ids of those that are asked for; null: the whole plan, also what has landed. `profile` is who would work.
 *
 * @throws DgovError as `dgov compile` does
 */
export async function estimatePlan(
  { cwd, env, self }: From,
  text: string,
  { only, profile }: { only: readonly string[] | null; profile: string | null },
): Promise<CostEstimate> {
  const root = findRoot(cwd);
  const project = readProject(root, profile, env);
  const dir = findPlan(root, cwd, text);
  const looks = { path: env.PATH ?? null, find: symbolFinder(self), landed: await landedUnits(root, dir) };
  const { plan } = await compileOrRefuse(project, dir, looks);
  const limits = withBudget(withLimits(project.limits, plan.limits), plan.budget);
  const past = await withLog(root, pastCalls);
  const asked = bound(plan, project).filter(({ task }) => only === null || only.includes(task));
  const tasks = estimate(asked, past, (tokens, price) =>
    costMicros({ input: tokens.input_tokens, cached: tokens.cached_tokens, output: tokens.output_tokens }, price),
  );
  const told = tasks.flatMap(({ cost_micros }) => (cost_micros === null ? [] : [cost_micros]));
  return {
    plan: plan.name,
    currency: limits.budget.currency,
    limits: lowest(limits.run),
    tasks,
    cost_micros: told.length === 0 ? null : told.reduce((sum, micros) => sum + micros, 0),
    unknown: tasks.filter(({ like }) => like === null).map(({ task }) => task),
    unpriced: [...new Set(tasks.filter(({ price }) => price === null).map(({ model }) => model))],
  };
}

const RUNS_MAX = 50; // older ones say little of what a task costs today

const pastCalls = (log: Store) =>
  log
    .runs()
    .slice(0, RUNS_MAX)
    .map(({ run, first_seq }) => {
      const kinds = ["run_started", "task_dispatched", "call_reserved", "call_settled"] as const;
      return callsIn([...log.read({ run, kinds, after: first_seq - 1 })]);
    });

/** Who works on each task, and who reviews it. */
function bound(plan: CompiledPlan, project: Project): Estimated[] {
  const { prices } = project.limits.budget;
  return plan.tasks.flatMap((task): Estimated[] => {
    const { id, role } = task;
    const chosen = chooseProvider(wishOf(task, plan, project), project);
    if (!chosen.ok) throw new DgovError("provider_unknown", `Cannot estimate "${id}": ${chosen.why}`);
    const model = `${chosen.provider.name}/${chosen.agent ?? chosen.provider.name}`;
    const own = { task: id, role, model, price: prices[model] ?? chosen.provider.price };
    const seats = changesFiles(role) ? (project.rules.review?.seats ?? []) : [];
    const reviewers = seats.map(({ provider, agent }): Estimated => {
      const seat = `${provider}/${agent}`;
      return {
        task: id,
        role: "reviewer",
        model: seat,
        price: prices[seat] ?? project.providers[provider]?.price ?? null,
      };
    });
    const self = changesFiles(role) && task.review.self_review ? [{ ...own, role: "reviewer" }] : [];
    return [own, ...reviewers, ...self];
  });
}
