import type { Tokens } from "./model.ts";

/** Millionths of a currency for a million tokens, whole numbers. `cached`: for input that the provider had in its cache. */
export type Price = { input: number; cached: number; output: number };

/**
 * What tokens cost, in millionths of the price's currency, rounded up so that a sum is never below the bill.
 * A price of null counts nothing: whoever shows the sum must say that it is not known.
 */
export function costMicros(tokens: Pick<Tokens, "input" | "output" | "cached">, price: Price | null): number {
  if (price === null) return 0;
  const cached = Math.min(tokens.cached ?? 0, tokens.input);
  const input = BigInt(tokens.input - cached) * BigInt(price.input);
  const known = BigInt(cached) * BigInt(price.cached);
  const output = BigInt(tokens.output) * BigInt(price.output);
  return Number((input + known + output + 999_999n) / 1_000_000n);
}
