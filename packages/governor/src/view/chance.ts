/** How often something came out well. */
export type Tally = { well: number; all: number };

/**
 * How likely it is that two tallies differ by at least so much by chance alone, when there is no difference: Fisher's exact
 * test, two-sided, the sum of all tables with the same margins that are no likelier than this one.
 *
 * @returns between 0 and 1; 1 where a side is empty
 */
export function fisher(one: Tally, other: Tally): number {
  const all = one.all + other.all;
  const well = one.well + other.well;
  const likelihood = tableLikelihood({ first: one.all, well, all });
  const seen = likelihood(one.well);
  let sum = 0;
  for (let k = Math.max(0, well - other.all); k <= Math.min(well, one.all); k++) {
    const each = likelihood(k);
    if (each <= seen * (1 + 1e-9)) sum += each; // equal tables differ by what is lost in rounding
  }
  return Math.min(1, sum);
}

/** Of `well` among `all`, how likely so many are in the first so many: the hypergeometric distribution. */
function tableLikelihood({ first, well, all }: { first: number; well: number; all: number }): (k: number) => number {
  const logs = [0];
  for (let n = 1; n <= all; n++) logs.push(logs[n - 1]! + Math.log(n));
  const choose = (n: number, k: number) => logs[n]! - logs[k]! - logs[n - k]!;
  const whole = choose(all, well);
  return (k) => Math.exp(choose(first, k) + choose(all - first, well - k) - whole);
}

const Z_95 = 1.959963984540054;

/** Between which rates the true one is, 19 times of 20: the interval of Wilson (1927). null: of nothing. */
export function wilson({ well, all }: Tally): { low: number; high: number } | null {
  if (all === 0) return null;
  const rate = well / all;
  const spread = (Z_95 * Z_95) / all;
  const middle = (rate + spread / 2) / (1 + spread);
  const half = (Z_95 * Math.sqrt((rate * (1 - rate)) / all + spread / all / 4)) / (1 + spread);
  return { low: Math.max(0, middle - half), high: Math.min(1, middle + half) };
}
