import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { commonPairs, growing, type Pair } from "./diff.ts";

/** The length of the longest common subsequence, by the table in every textbook. */
function longest(left: readonly string[], right: readonly string[]): number {
  let row = Array<number>(right.length + 1).fill(0);
  for (const own of left) {
    const next = [0];
    for (const [n, other] of right.entries()) next.push(own === other ? row[n]! + 1 : Math.max(row[n + 1]!, next[n]!));
    row = next;
  }
  return row.at(-1)!;
}

const words = fc.array(fc.constantFrom("a", "b", "c", "d", "e", "f", "g", "h"), { maxLength: 40 });

describe("what two sequences have in common", () => {
  test.each<[left: string, right: string, common: string]>([
    ["", "", ""],
    ["a", "", ""],
    ["ab", "ab", "ab"],
    ["abc", "axc", "ac"],
    ["xaby", "abz", "ab"],
    ["aab", "ab", "ab"],
    ["abab", "ba", "ba"],
    ["moved rest", "rest moved", "moved"],
  ])("%s / %s", (left, right, common) => {
    const pairs = commonPairs([...left], [...right]);
    expect(pairs.map(([own]) => left[own]).join("")).toHaveLength(common.length);
  });

  test("pairs are equal, grow on both sides, and no two equal neighbours are missed", () => {
    const law = (left: string[], right: string[]) => {
      const pairs = commonPairs(left, right);
      for (const [own, other] of pairs) expect(left[own]).toBe(right[other]!);
      const grows = (side: 0 | 1) => pairs.every((pair, n) => n === 0 || pairs[n - 1]![side] < pair[side]);
      expect([grows(0), grows(1)]).toEqual([true, true]);
    };
    fc.assert(fc.property(words, words, law), { numRuns: 2_000 });
  });

  test("where nothing is there only once, it is the longest there is", () => {
    const doubled = words.map((own) => own.flatMap((word) => [word, word]));
    const law = (left: string[], right: string[]) => {
      const twice = (own: string[]) => [...own, ...own];
      expect(commonPairs(twice(left), twice(right))).toHaveLength(longest(twice(left), twice(right)));
    };
    fc.assert(fc.property(doubled, doubled, law), { numRuns: 500 });
  });

  test("two texts that have nothing in common are given up, not searched for ever", () => {
    const lines = (letter: string) => Array.from({ length: 9_000 }, (_, n) => `${letter}${n % 4_500}`);
    expect(commonPairs(lines("a"), lines("b"))).toEqual([]);
  });
});

test("of pairs that cross, the most that do not are kept", () => {
  const pairs: Pair[] = [4, 0, 1, 3, 2].map((right, left) => [left, right]);
  expect(growing(pairs)).toEqual([
    [1, 0],
    [2, 1],
    [4, 2],
  ]);
});
