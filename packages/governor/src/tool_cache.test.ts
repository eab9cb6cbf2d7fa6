import { afterEach, expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fillCache, keepCache } from "./tool_cache.ts";

const open: string[] = [];
afterEach(() => {
  for (const folder of open.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function folder(files: Readonly<Record<string, string>> = {}): string {
  const made = mkdtempSync(join(tmpdir(), "dgov-cache-"));
  open.push(made);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(made, path, ".."), { recursive: true });
    writeFileSync(join(made, path), text);
  }
  return made;
}

test("what package managers fetched is kept, and nothing else; a link stays a link", async () => {
  const [cache, kept, filled] = [folder({ "npm/a": "1", "mypy/types": "2" }), folder({ "npm/old": "0" }), folder()];
  symlinkSync("/etc/hostname", join(cache, "npm/link"));
  await keepCache(cache, kept, "one");
  expect(readdirSync(kept)).toEqual(["npm"]);
  await fillCache(kept, filled);
  expect(readdirSync(join(filled, "npm")).sort()).toEqual(["a", "link"]);
  expect(existsSync(join(filled, "mypy"))).toBe(false);
});

test("several keep and fill at the same time, and each finds a whole cache or none", async () => {
  const files = Object.fromEntries(Array.from({ length: 150 }, (_, at) => [`npm/d${at % 7}/f${at}`, `${at}`]));
  const [cache, kept] = [folder(files), folder()];
  const filled = Array.from({ length: 12 }, () => folder());
  await Promise.all(filled.flatMap((one, at) => [keepCache(cache, kept, `mark${at}`), fillCache(kept, one)]));
  expect(readdirSync(kept)).toEqual(["npm"]);
  const count = (at: string) =>
    existsSync(join(at, "npm")) ? readdirSync(join(at, "npm"), { recursive: true }).length : 0;
  expect(count(kept)).toBe(157);
  for (const one of filled) expect([0, 157]).toContain(count(one));
});
