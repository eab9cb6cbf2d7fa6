import { afterEach, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { keyOf, openKept } from "./verdicts.ts";

const folders: string[] = [];
afterEach(() => folders.splice(0).forEach((folder) => void rmSync(folder, { recursive: true })));
const lay = () => {
  const folder = mkdtempSync(join(tmpdir(), "dgov-test-"));
  folders.push(folder);
  return { folder: join(folder, "dgov-preflight/kept"), kept: openKept(folder) };
};

test("what is kept under several keys is found under each, and under no other", () => {
  const { kept } = lay();
  expect(kept.read("a")).toBeNull();
  kept.write(["a", "b"], { said: "x" });
  expect([kept.read("a"), kept.read("b"), kept.read("c")]).toEqual([{ said: "x" }, { said: "x" }, null]);
});

test("the oldest are forgotten, and the last one is there", () => {
  const { folder, kept } = lay();
  const keys = Array.from({ length: 1_200 }, (_, at) => keyOf(`${at}`));
  for (const [at, key] of keys.entries()) kept.write([key], { at });
  expect(readdirSync(folder).length).toBeLessThan(1_000);
  expect([kept.read(keys[0]!), kept.read(keys.at(-1)!)]).toEqual([null, { at: 1_199 }]);
});

test("a key tells its parts apart, and texts from the same bytes it does not", () => {
  expect(keyOf("ab", "c")).not.toBe(keyOf("a", "bc"));
  expect(keyOf("ab", new TextEncoder().encode("c"))).toBe(keyOf("ab", "c"));
});
