import { expect, test } from "bun:test";
import { parse } from "smol-toml";
import { writeToml } from "./toml_write.ts";

const LETTERS = [..."ab #]'\"\\\n\r\t\0\x01\x08\x0c\x1b\x7f\u0085\ufdd0\ufdd1", "😀"];

test("any text comes back as it was", () => {
  let seed = 7;
  const below = (limit: number) => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed % limit;
  };
  for (let round = 0; round < 20_000; round++) {
    const text = Array.from({ length: below(12) }, () => LETTERS[below(LETTERS.length)]).join("");
    const written = writeToml({ one: text, list: [text], table: { two: text } });
    const read: unknown = parse(written);
    expect(read, JSON.stringify(text)).toEqual({ one: text, list: [text], table: { two: text } });
  }
});

test.each([
  ["numbers", { a: 1, b: 1.5, c: [0.5, 2] }],
  ["booleans", { a: true, b: [false] }],
  ["tables", { a: { b: { "c/d.e": { f: "g" } } }, empty: {} }],
])("%s come back as they were", (_, value) => {
  expect<unknown>(parse(writeToml(value))).toEqual(value);
});
