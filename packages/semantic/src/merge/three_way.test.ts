import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { linesIn, mergeLines } from "./line_merge.ts";
import { textOf, three } from "./piece.ts";
import { threeWay } from "./three_way.ts";

/** "base|left|right", a letter a line: what comes of it, or "clash". */
function merged(row: string): string {
  const [base, left, right] = row.split("|").map((side) => [...side].join("\n"));
  const texts = { base: base!, left: left!, right: right! };
  const { pieces } = mergeLines(
    texts,
    three((from) => [0, texts[from].length]),
  );
  return pieces === null ? "clash" : textOf(texts, pieces).replaceAll("\n", "");
}

describe("a merge by lines", () => {
  test.each<[row: string, result: string]>([
    ["abc|abc|abc", "abc"],
    ["abc|xbc|abc", "xbc"],
    ["abc|abc|abx", "abx"],
    ["abc|xbc|aby", "xby"],
    ["abc|abxc|abxc", "abxc"],
    ["abc|ac|ac", "ac"],
    ["abc||abc", ""],
    ["|a|", "a"],
    ["||", ""],
    ["ab|axb|ab", "axb"],
    ["abcd|acd|abcxd", "acxd"],
    ["ab|xab|aby", "xaby"],
    ["a|ax|ay", "clash"],
    ["|x|y", "clash"],
    ["ab|xb|ay", "clash"], // changes that touch
    ["abc|ac|axc", "clash"],
  ])("%s gives %s", (row, result) => {
    expect(merged(row)).toBe(result);
  });

  test("the last line of a text may come before others, and the other way round", () => {
    const texts = { base: "a\nb", left: "a\nb\nc", right: "x\na\nb" };
    const { pieces } = mergeLines(
      texts,
      three((from) => [0, texts[from].length]),
    );
    expect(textOf(texts, pieces!)).toBe("x\na\nb\nc");
  });
});

const lines = fc.array(fc.constantFrom(..."abcdefgh"), { maxLength: 12 });

test("three sequences are covered without a hole, and what one side left alone is the other's", () => {
  const law = (base: string[], left: string[], right: string[]) => {
    const all = { base, left, right };
    const chunks = threeWay(all);
    for (const from of ["base", "left", "right"] as const) {
      expect(chunks.flatMap(({ at }) => all[from].slice(...at[from]))).toEqual(all[from]);
    }
    for (const { is, at } of chunks) {
      const [was, ours, theirs] = [base.slice(...at.base), left.slice(...at.left), right.slice(...at.right)];
      const equal = { ours: `${was}` === `${ours}`, theirs: `${was}` === `${theirs}`, both: `${ours}` === `${theirs}` };
      if (is === "same") expect(equal).toEqual({ ours: true, theirs: true, both: true });
      if (is === "left") expect(equal.theirs).toBe(true);
      if (is === "right") expect(equal.ours).toBe(true);
      if (is === "both") expect(equal.both).toBe(true);
      if (is === "clash") expect(equal).toEqual({ ours: false, theirs: false, both: false });
    }
  };
  fc.assert(fc.property(lines, lines, lines, law), { numRuns: 2_000 });
});

test("a side that changed nothing gives way, whatever the other did", () => {
  const law = (base: string[], left: string[]) => {
    expect(merged(`${base.join("")}|${left.join("")}|${base.join("")}`)).toBe(left.join(""));
    expect(merged(`${base.join("")}|${base.join("")}|${left.join("")}`)).toBe(left.join(""));
    expect(merged(`${base.join("")}|${left.join("")}|${left.join("")}`)).toBe(left.join(""));
  };
  fc.assert(fc.property(lines, lines, law), { numRuns: 1_000 });
});

test("lines are found with and without an end behind the last", () => {
  expect(linesIn("", [0, 0])).toEqual([]);
  expect(linesIn("a", [0, 1])).toEqual([[0, 1]]);
  expect(linesIn("a\n", [0, 2])).toEqual([
    [0, 1],
    [2, 2],
  ]);
});
