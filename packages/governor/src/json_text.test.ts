import { expect, test } from "bun:test";
import { lastObject } from "./json_text.ts";

test.each<[string, string | null]>([
  ['{"a":1}', '{"a":1}'],
  ['I looked at {it}. {"a":{"b":"}"}} and that is all', '{"a":{"b":"}"}}'],
  ['{"a":1} then {"a":2}\n```', '{"a":2}'],
  ['{"a":"\\"}{"}', '{"a":"\\"}{"}'],
  ['it was {"a": 1 before, and now {"b":2}', '{"b":2}'],
  ["[1, 2]", null],
  ["{never closed", null],
  ["", null],
])("the last object in %j", (text, expected) => {
  expect(lastObject(text)).toBe(expected);
});
