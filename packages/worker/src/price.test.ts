import { expect, test } from "bun:test";
import { costMicros, type Price } from "./price.ts";

const usd = (input: number, output: number): Price => ({ input_per_mtok_usd: input, output_per_mtok_usd: output });

// biome-ignore format: a table reads by its columns
test.each<[string, number, number, Price | null, number]>([
  ["no price",               1000,      1000,      null,             0],
  ["nothing used",           0,         0,         usd(3, 15),       0],
  ["a million each",         1_000_000, 1_000_000, usd(3, 15),       18_000_000],
  ["a dollar price a token", 1,         0,         usd(3, 15),       3],
  ["rounded up",             1,         0,         usd(0.0375, 0.3), 1],
  ["no float dust",          3,         0,         usd(0.1, 0),      1],
  ["exact where floats are not", 30,    0,         usd(0.1, 0),      3],
  ["more than 2^53 inside",  10 ** 12,  10 ** 12,  usd(75, 150),     225 * 10 ** 12],
])("%s", (_name, input, output, price, micros) => {
  expect(costMicros({ input, output }, price)).toBe(micros);
});

test("a negative price is a bug of the caller", () => {
  expect(() => costMicros({ input: 1, output: 1 }, usd(-1, 1))).toThrow();
});
