import { expect, test } from "bun:test";
import { compileGlob, globSource, literalGlob, matchesGlob } from "./glob.ts";

/** Numbers from 0 to 1 that are the same each time. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const next = random(7);
const textOf = (letters: readonly string[], most: number): string =>
  Array.from({ length: 1 + Math.floor(next() * most) }, () => letters[Math.floor(next() * letters.length)]).join("");

test.each(["segment", "any"] as const)("what a pattern matches is what its source matches, star %s", (star) => {
  const seen = { yes: 0, no: 0 };
  for (let round = 0; round < 20_000; round += 1) {
    const pattern = textOf(["a", "b", "/", "*", "**/", "?", "[", "]", "[a]", "[!b]", "é"], 6);
    const path = textOf(["a", "b", "/", "[", "]", "é", "ab/"], 6);
    const glob = compileGlob(pattern, star);
    const found = matchesGlob(glob, path);
    seen[found ? "yes" : "no"] += 1;
    expect([pattern, path, found]).toEqual([pattern, path, new RegExp(`^(?:${globSource(glob)})$`, "u").test(path)]);
  }
  expect(Math.min(seen.yes, seen.no)).toBeGreaterThan(500);
});

test("a text is matched as it is, and by no sign in it", () => {
  expect(matchesGlob(literalGlob("a[b]*"), "a[b]*")).toBe(true);
  expect(matchesGlob(literalGlob("a[b]*"), "ab")).toBe(false);
  expect(matchesGlob(literalGlob("a/b", true), "a/b/c")).toBe(true);
  expect(matchesGlob(literalGlob("a/b", true), "a/b")).toBe(false);
});
