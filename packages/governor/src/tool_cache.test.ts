import { afterEach, describe, expect, test } from "bun:test";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { copyGoCache } from "./testing/go_cache.ts";
import { fillCache, keepCache, type ToolCache } from "./tool_cache.ts";

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

const all = (kept: string): ToolCache => ({ folder: kept, gives: "all", keeps: true });
const built = (kept: string): ToolCache => ({ folder: kept, gives: "built", keeps: false });
const ROOM = 4096 * 1024 ** 2;
const as = (mark: string, tmp_bytes = ROOM) => ({ mark, tmp_bytes });

test("what was fetched and what Go built is kept, and nothing else; a link stays a link", async () => {
  const files = { "npm/a": "1", "go/00/a-d": "built", "mypy/types": "2", "cargo/debug/x": "3", "golangci-lint/y": "4" };
  const [cache, kept, filled] = [folder(files), folder({ "npm/old": "0" }), folder()];
  symlinkSync("/etc/hostname", join(cache, "npm/link"));
  symlinkSync("/etc", join(cache, "pip"));
  await keepCache(all(kept), cache, as("one"));
  expect(readdirSync(kept).sort()).toEqual(["go", "npm"]);
  await fillCache(all(kept), filled, ROOM);
  expect(readdirSync(join(filled, "npm")).sort()).toEqual(["a", "link"]);
  expect(lstatSync(join(filled, "npm/link")).isSymbolicLink()).toBe(true);
  expect(readdirSync(filled).sort()).toEqual(["go", "npm"]);
});

test("who fetches nothing is given what was built, as files of their own and with the old times", async () => {
  const [kept, filled] = [folder({ "npm/a": "1", "go/00/a-d": "built" }), folder()];
  utimesSync(join(kept, "go/00/a-d"), 1e9, 1e9);
  await fillCache(built(kept), filled, ROOM);
  expect(readdirSync(filled)).toEqual(["go"]);
  expect(lstatSync(join(filled, "go/00/a-d")).mtimeMs).toBe(1e12);
  writeFileSync(join(filled, "go/00/a-d"), "worse");
  expect(readFileSync(join(kept, "go/00/a-d"), "utf8")).toBe("built");
});

test("what would fill more than a quarter of what the jail may write is neither kept nor given", async () => {
  const [cache, kept, filled] = [folder({ "npm/a": "x".repeat(26), "uv/a": "x".repeat(25) }), folder(), folder()];
  await keepCache(all(kept), cache, as("one", 100));
  expect(readdirSync(kept)).toEqual(["uv"]);
  await fillCache(all(kept), filled, 99);
  expect(readdirSync(filled)).toEqual([]);
  await fillCache(all(kept), filled, 100);
  expect(readdirSync(filled)).toEqual(["uv"]);
});

test("several keep and fill at the same time, and each finds a whole cache or none", async () => {
  const files = Object.fromEntries(Array.from({ length: 150 }, (_, at) => [`npm/d${at % 7}/f${at}`, `${at}`]));
  const [cache, kept] = [folder(files), folder()];
  const filled = Array.from({ length: 12 }, () => folder());
  await Promise.all(
    filled.flatMap((one, at) => [keepCache(all(kept), cache, as(`mark${at}`)), fillCache(all(kept), one, ROOM)]),
  );
  expect(readdirSync(kept)).toEqual(["npm"]);
  const count = (at: string) =>
    existsSync(join(at, "npm")) ? readdirSync(join(at, "npm"), { recursive: true }).length : 0;
  expect(count(kept)).toBe(157);
  for (const one of filled) expect([0, 157]).toContain(count(one));
});

describe.skipIf(Bun.which("go") === null)("a kept cache of the real Go", () => {
  const module = () =>
    folder({
      "go.mod": "module ex\n\ngo 1.19\n",
      "a_test.go": 'package ex\n\nimport "testing"\n\nfunc TestA(t *testing.T) {}\n',
    });
  const goTest = (cwd: string, cache: string) => {
    const env = { ...process.env, GOCACHE: join(cache, "go"), GOFLAGS: "-buildvcs=false" };
    const { stdout, stderr } = Bun.spawnSync(["go", "test", "./..."], { cwd, env });
    return `${stdout}${stderr}`;
  };

  test("saves what was built, and answers for no test", async () => {
    const [root, cache, kept, filled] = [module(), folder({ "go/README": "" }), folder(), folder()];
    copyGoCache(join(cache, "go"));
    expect(goTest(root, cache)).toContain("ok");
    expect(goTest(root, cache)).toContain("(cached)");
    await keepCache(all(kept), cache, as("one"));
    await fillCache(built(kept), filled, ROOM);
    const before = readdirSync(join(filled, "go"), { recursive: true }).length;
    const said = goTest(root, filled);
    expect(said).toMatch(/^ok /);
    expect(said).not.toContain("(cached)");
    expect(readdirSync(join(filled, "go"), { recursive: true }).length - before).toBeLessThan(20); // of some thousand
    expect(goTest(root, filled)).toContain("(cached)");
  }, 300_000);
});
