import { expect, test } from "bun:test";
import { costMicros, type Price } from "./price.ts";

const per = (input: number, output: number, cached = input): Price => ({ input, cached, output });
const M = 1_000_000;

// biome-ignore format: a table reads by its columns
test.each<[string, { input: number; output: number; cached?: number }, Price | null, number]>([
  ["no price",                   { input: 1000, output: 1000 },               null,                     0],
  ["nothing used",               { input: 0, output: 0 },                     per(3 * M, 15 * M),       0],
  ["a million each",             { input: M, output: M },                     per(3 * M, 15 * M),       18_000_000],
  ["a price of 3, one token",    { input: 1, output: 0 },                     per(3 * M, 15 * M),       3],
  ["rounded up",                 { input: 1, output: 0 },                     per(37_500, 300_000),     1],
  ["cached tokens at their own", { input: M, output: 0, cached: M / 2 },      per(3 * M, 0, 300_000),   1_650_000],
  ["all cached, for nothing",    { input: M, output: 0, cached: M },          per(3 * M, 0, 0),         0],
  ["more cached than sent",      { input: 10, output: 0, cached: 1_000_000 }, per(3 * M, 0, M),         10],
  ["more than 2^53 inside",      { input: 10 ** 12, output: 10 ** 12 },       per(75 * M, 150 * M),     225 * 10 ** 12],
])("%s", (_name, tokens, price, micros) => {
  expect(costMicros(tokens, price)).toBe(micros);
});

test("H5 a price with a fraction is a bug of the caller", () => {
  expect(() => costMicros({ input: 1, output: 1 }, per(0.5, 1))).toThrow();
});
