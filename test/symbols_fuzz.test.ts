import { expect, test } from "bun:test";
import { join } from "node:path";
import { fuzzPieces } from "./fuzz/pieces.ts";
import { fuzzSymbols } from "./fuzz/symbols.ts";
import { pythonLibrary, scripts } from "./semantic/corpus.ts";

test("damaged files have an answer, soon, and take no memory with them", async () => {
  const first = await fuzzSymbols(60, 1);
  Bun.gc(true);
  const before = process.memoryUsage().rss;
  const second = await fuzzSymbols(200, 1_000);
  Bun.gc(true);
  expect(process.memoryUsage().rss - before).toBeLessThan(300 * 1024 * 1024);
  expect(Math.max(first.slowest_ms, second.slowest_ms)).toBeGreaterThan(0);
}, 300_000);

test("edited files are said to be what they are, also where only what was changed is looked at", async () => {
  const did = await fuzzPieces([...(pythonLibrary() ?? []), ...scripts()], 300, 1);
  expect(did.joined).toBeGreaterThan(10);
  expect(did.whole).toBeGreaterThan(10);
}, 300_000);

test("10,000 parses leave nothing behind", () => {
  const left = Bun.spawnSync([process.execPath, join(import.meta.dir, "semantic/parses.ts")]);
  expect(left.stderr.toString()).toBe("");
  expect(Number(left.stdout.toString().trim() || Number.NaN)).toBeLessThan(30 * 1024 * 1024);
}, 300_000);
