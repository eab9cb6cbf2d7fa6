import { expect, test } from "bun:test";
import { nearest } from "./nearest.ts";

test.each<[word: string, found: string | null]>([
  ["statsu", "status"],
  ["stauts", "status"],
  ["Status", "status"],
  ["complie", "compile"],
  ["wtch", "watch"],
  ["zzz", null],
  ["", null],
])("the nearest to %p is %p", (word, found) => {
  expect(nearest(word, ["status", "compile", "watch"])).toBe(found);
});
