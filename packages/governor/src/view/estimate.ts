import type { CallCost } from "./cost.ts";

/** A task that would be run, and who would do it. */
export type Estimated = { task: string; role: string; model: string; price: CallCost["price"] };

/**
 * What a task is likely to use, by what tasks like it have used: the median of their sums over all attempts. `like`: what
 * they have in common with it, the closest that there is; null: nothing of the kind was ever run, so nobody can say.
 */
export type Estimate = Estimated & {
  like: "task" | "model" | "role" | null;
  samples: number;
  calls: number | null;
  input_tokens: number | null;
  cached_tokens: number | null;
  output_tokens: number | null;
  cost_micros: number | null; // null: unknown, or the model has no price
};

type Used = Pick<CallCost, "role" | "model"> & Record<Counted, number> & { task: string };
type Counted = "calls" | "input_tokens" | "cached_tokens" | "output_tokens";

/** @param past the calls of each earlier run */
export function estimate(
  tasks: readonly Estimated[],
  past: readonly (readonly CallCost[])[],
  cost: Costing,
): Estimate[] {
  const used = past.flatMap(usedByTask);
  return tasks.map((task): Estimate => {
    const [like, samples] = likest(task, used);
    if (like === null) return { ...task, like, samples: 0, ...UNKNOWN };
    const middle = (of: Counted) => median(samples.map((sample) => sample[of]));
    const tokens = {
      calls: middle("calls"),
      input_tokens: middle("input_tokens"),
      cached_tokens: middle("cached_tokens"),
      output_tokens: middle("output_tokens"),
    };
    const cost_micros = task.price && cost(tokens, task.price);
    return { ...task, like, samples: samples.length, ...tokens, cost_micros };
  });
}

/** What tokens cost; lent, for prices are the business of whoever holds them. */
export type Costing = (
  tokens: Record<Exclude<Counted, "calls">, number>,
  price: NonNullable<CallCost["price"]>,
) => number;

const UNKNOWN = { calls: null, input_tokens: null, cached_tokens: null, output_tokens: null, cost_micros: null };

function likest({ task, role, model }: Estimated, used: readonly Used[]): [Estimate["like"], readonly Used[]] {
  const rules = [
    ["task", (one: Used) => one.task === task && one.role === role && one.model === model],
    ["model", (one: Used) => one.role === role && one.model === model],
    ["role", (one: Used) => one.role === role],
  ] as const;
  for (const [like, fits] of rules) {
    const found = used.filter(fits);
    if (found.length > 0) return [like, found];
  }
  return [null, []];
}

/** What each model used for a task of a run over all attempts, its reviewers apart from its workers. */
function usedByTask(calls: readonly CallCost[]): Used[] {
  const groups = Map.groupBy(calls, ({ task, role, model }) => `${task} ${role} ${model}`);
  return [...groups.values()].map((own): Used => {
    const sum = (of: (call: CallCost) => number) => own.reduce((all, call) => all + of(call), 0);
    const { task, role, model } = own[0]!;
    return {
      ...{ task, role, model },
      calls: own.length,
      input_tokens: sum(({ input_tokens }) => input_tokens),
      cached_tokens: sum(({ cached_tokens }) => cached_tokens ?? 0),
      output_tokens: sum(({ output_tokens }) => output_tokens),
    };
  });
}

/** Of an even number the upper of the two in the middle: an estimate had better be too high. */
const median = (values: readonly number[]): number =>
  values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0;
