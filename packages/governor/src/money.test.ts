import { expect, test } from "bun:test";
import { microsOf, sayMoney } from "./money.ts";

// biome-ignore format: a table reads by its columns
test.each<[string, number | string, number | null]>([
  ["a whole number",         3,               3_000_000],
  ["a number with decimals", 0.1,             100_000],
  ["a text",                 "0.10",          100_000],
  ["the smallest",           "0.000001",      1],
  ["the largest",            "999999999.999999", 999_999_999_999_999],
  ["nothing",                0,               0],
  ["a seventh decimal",      "0.0000001",     null],
  ["a number too fine",      1e-7,            null],
  ["too much",               1e9,             null],
  ["a debt",                 -1,              null],
  ["no number",              Number.NaN,      null],
  ["an exponent",            "1e3",           null],
  ["a comma",                "1,5",           null],
  ["nothing at all",         "",              null],
])("%s", (_, amount, micros) => {
  expect(microsOf(amount)).toBe(micros);
});

test.each<[number, string]>([
  [0, "0.00 EUR"],
  [1, "0.000001 EUR"],
  [1_500_000, "1.50 EUR"],
  [12_345_600, "12.3456 EUR"],
])("%i micros are %s", (micros, text) => {
  expect(sayMoney(micros, "EUR")).toBe(text);
});
