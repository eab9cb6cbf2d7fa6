/** Who might do a task: `PROVIDER/MODEL`, and what it is reckoned to cost; null: nobody has stated a price. */
export type Candidate = { model: string; cost_micros: number | null };

/**
 * Why a candidate was chosen: `only` there was no other · `cheapest` of those that have a price, the first of equals
 * · `unpriced` none has a price, so the first in the order of the table
 */
export type RouteReason = "only" | "cheapest" | "unpriced";

/**
 * The candidate that a task goes to. What has no price is not free, and is never taken for the cheapest.
 *
 * @param candidates at least one, in the order of the table
 */
export function chooseRoute(candidates: readonly Candidate[]): { chosen: Candidate; why: RouteReason } {
  const [first, ...others] = candidates;
  if (!first) throw new Error("Nobody can be chosen of nobody");
  if (others.length === 0) return { chosen: first, why: "only" };
  const priced = candidates.filter((one): one is Candidate & { cost_micros: number } => one.cost_micros !== null);
  const [least, ...rest] = priced;
  if (!least) return { chosen: first, why: "unpriced" };
  const chosen = rest.reduce((best, one) => (one.cost_micros < best.cost_micros ? one : best), least);
  return { chosen, why: "cheapest" };
}
