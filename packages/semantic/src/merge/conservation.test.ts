import { describe, expect, test } from "bun:test";
import { unaccounted } from "./conservation.ts";

/** "base|left|right|result", a letter an item. */
function lost(row: string): string | null {
  const [base, left, right, merged] = row.split("|").map((side) => [...side]);
  return unaccounted({ base: base!, left: left!, right: right!, merged: merged! });
}

describe("what both sides did is in the result", () => {
  test.each<[row: string, item: string | null]>([
    ["ab|axb|aby|axby", null],
    ["ab|axb|aby|axb", "y"], // the right's addition is lost
    ["ab|axb|aby|aby", "x"],
    ["ab|b|ab|ab", "a"], // what the left took away came back
    ["ab|b|b|b", null],
    ["ab|b|a|", null],
    ["ab|b|a|b", "b"],
    ["a|ax|ax|ax", null], // both did the same: once or twice
    ["a|ax|ax|axx", null],
    ["a|ax|ax|axxx", "x"],
    ["a|ax|ax|a", "x"],
    ["ab|ba|ab|ba", null], // moved
    ["ab|ba|ab|baa", "a"],
    ["ab|ab|ab|abz", "z"], // nobody wrote it
    ["aab|ab|ab|ab", null], // one of two equal ones, or both
    ["aab|ab|ab|b", null],
    ["aab|ab|ab|aab", "a"],
  ])("%s: %p", (row, item) => {
    expect(lost(row)).toBe(item);
  });
});
