import assert from "node:assert/strict";
import type { Tokens } from "./model.ts";

/** Dollars for a million tokens, as providers print it. */
export type Price = { input_per_mtok_usd: number; output_per_mtok_usd: number };

/**
 * What tokens cost, in millionths of a dollar, rounded up so that a sum is never below the bill.
 * A price of null costs nothing: a model of one's own, or one whose price nobody stated.
 * Dollars a million tokens are micros a token, so whole numbers are enough; prices finer than 1e-6 $ a million are rounded.
 */
export function costMicros(tokens: Pick<Tokens, "input" | "output">, price: Price | null): number {
  if (price === null) return 0;
  const input = BigInt(tokens.input) * microsPerMillion(price.input_per_mtok_usd);
  const output = BigInt(tokens.output) * microsPerMillion(price.output_per_mtok_usd);
  return Number((input + output + 999_999n) / 1_000_000n);
}

function microsPerMillion(usd: number): bigint {
  assert(Number.isFinite(usd) && usd >= 0, `not a price: ${usd}`);
  return BigInt(Math.round(usd * 1_000_000));
}
