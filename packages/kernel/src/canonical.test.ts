import { expect, test } from "bun:test";
import { canonical } from "./canonical.ts";

test.each([
  [{ b: 1, a: [true, null] }, '{"a":[true,null],"b":1}'],
  [{ a: undefined }, "{}"],
  [{ Z: 1, a: 2, é: 3, _: 4 }, '{"Z":1,"_":4,"a":2,"é":3}'],
  [{ 10: "x", 9: "y" }, '{"10":"x","9":"y"}'],
  ['"\n\u0000\ud800', '"\\"\\n\\u0000\\ud800"'],
  [[], "[]"],
])("%p", (value, text) => {
  expect(canonical(value)).toBe(text);
  expect(canonical(JSON.parse(canonical(value)))).toBe(text);
});
