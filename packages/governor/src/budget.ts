import type { RunLimits } from "@dgov/kernel";
import type { Price } from "@dgov/worker";
import type { CeilingTable, PlanBudgetTable, PriceTable, ProjectBudgetTable } from "./budget_file.ts";
import { microsOf } from "./money.ts";
import type { Limits } from "./project.ts";

/**
 * `[budget]` and `[prices]`: what each task of a run may spend, in what, how long a reply may be where that counts, and
 * prices by `PROVIDER/MODEL`. What the run as a whole may spend is in `Limits.run`.
 */
export type Budget = {
  currency: string;
  task: RunLimits;
  output_tokens: number;
  prices: Readonly<Record<string, Price>>;
};

const NO_CEILING: RunLimits = { calls: null, tokens: null, cost_micros: null, wall_ms: null, turns: null };

type Tables = { budget: ProjectBudgetTable; prices: Readonly<Record<string, PriceTable>> };

export const budgetOf = ({ budget: { currency, output_tokens, task }, prices }: Tables): Budget => ({
  currency,
  output_tokens,
  task: limitsOf(task),
  prices: Object.fromEntries(Object.entries(prices).map(([key, table]) => [key, priceOf(table)])),
});

export const priceOf = ({ input, cached_input, output }: PriceTable): Price => ({
  input: micros(input),
  cached: micros(cached_input ?? input),
  output: micros(output),
});

/** What is written of ceilings; absent: none. */
export const limitsOf = ({ calls, tokens, turns, money, minutes }: CeilingTable = {}): RunLimits => ({
  calls: calls ?? null,
  tokens: tokens ?? null,
  turns: turns ?? null,
  cost_micros: money === undefined ? null : micros(money),
  wall_ms: minutes === undefined ? null : Math.round(minutes * 60_000),
});

/** Whoever set a ceiling, it holds: of several the lowest. */
export function lowest(...all: readonly RunLimits[]): RunLimits {
  const limits = { ...NO_CEILING };
  for (const one of all)
    for (const key of Object.keys(limits) as (keyof RunLimits)[]) {
      const most = one[key] ?? null;
      if (most !== null) limits[key] = Math.min(most, limits[key] ?? most);
    }
  return limits;
}

/** Limits with the ceilings of a `[budget]` beside them. */
export function withBudget(limits: Limits, table: PlanBudgetTable | undefined): Limits {
  const { task, ...run } = table ?? {};
  return {
    ...limits,
    run: lowest(limits.run, limitsOf(run)),
    budget: { ...limits.budget, task: lowest(limits.budget.task, limitsOf(task)) },
  };
}

/** What has passed its schema is an amount. */
const micros = (amount: number | string): number => microsOf(amount) ?? 0;
