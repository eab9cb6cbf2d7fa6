import { afterEach, expect, test } from "bun:test";
import { existsSync, mkdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { RunId } from "@dgov/kernel";
import { type Repository, repository } from "./git/testing/repository.ts";
import { takeRepository } from "./lock.ts";
import { openWritable } from "./log.ts";
import { type PruneOptions, prune } from "./prune.ts";
import { dispatched, ONE, PARTIAL, started, TWO } from "./view/testing/sample_run.ts";

const DAY_MS = 24 * 60 * 60_000;
const NOW_MS = 100 * DAY_MS;
const open: Repository[] = [];
afterEach(() => {
  for (const repo of open.splice(0)) repo.remove();
});

/** A run 30 days old and one of yesterday, each with a log and the attempts of a landed and an unlanded task; old caches. */
async function lay() {
  const repo = await repository({ "a.txt": "one\n", ".gitignore": ".dgov/\n" });
  open.push(repo);
  const head = await repo.user("rev-parse", "HEAD");
  const log = openWritable(repo.root, { readonly: false });
  for (const [run, days] of [
    ["r-old", 30],
    ["r-young", 1],
  ] as const) {
    log.appendAll(RunId.parse(run), log.lastSeq(), NOW_MS - days * DAY_MS, PARTIAL);
    mkdirSync(join(repo.root, ".dgov/out", run), { recursive: true });
    for (const task of [ONE, TWO]) await repo.user("update-ref", `refs/dgov/attempts/${run}/${task}/1`, head);
  }
  log.close();
  const cache = join(repo.root, ".git/dgov-symbols.db");
  const components = join(repo.root, ".dgov/runtime/components");
  mkdirSync(join(components, "x"), { recursive: true });
  for (const file of [cache, `${cache}-wal`]) writeFileSync(file, "x");
  const touch = (days: number) => {
    for (const path of [cache, components])
      utimesSync(path, (NOW_MS - days * DAY_MS) / 1000, (NOW_MS - days * DAY_MS) / 1000);
  };
  touch(30);
  const from = { cwd: repo.root, env: { PATH: process.env.PATH, HOME: repo.folder }, now_ms: () => NOW_MS };
  const pruned = async (options: Partial<PruneOptions> = {}) => {
    const { removed, kept } = await prune(from, { keep_days: 14, force: false, dry_run: false, ...options });
    const names = (items: readonly { what: string }[]) =>
      items.map(({ what }) => what.replace(`${repo.root}/`, "")).sort();
    return { removed: names(removed), kept: names(kept) };
  };
  const refs = async () =>
    (await repo.user("for-each-ref", "--format=%(refname)", "refs/dgov")).split("\n").filter(Boolean);
  return { repo, pruned, refs, cache, components, touch };
}

const attempt = (run: string, task: string) => `refs/dgov/attempts/${run}/${task}/1`;
const OLD = [".dgov/out/r-old", ".dgov/runtime/components", ".git/dgov-symbols.db", attempt("r-old", ONE)];

test("what an old run left goes, but for work that did not land; what is young stays", async () => {
  const { repo, pruned, refs, cache, components } = await lay();
  expect(await pruned({ dry_run: true })).toMatchObject({ removed: OLD });
  expect(existsSync(cache) && existsSync(components)).toBe(true);
  expect(await refs()).toHaveLength(4);
  const kept = [".dgov/out/r-young", attempt("r-old", TWO), attempt("r-young", ONE), attempt("r-young", TWO)].sort();
  expect(await pruned()).toEqual({ removed: OLD, kept });
  expect(
    [cache, `${cache}-wal`, components, join(repo.root, ".dgov/out/r-old")].filter((path) => existsSync(path)),
  ).toEqual([]);
  expect((await refs()).sort()).toEqual(kept.filter((name) => name.startsWith("refs/")));
  expect((await pruned()).removed).toEqual([]);
});

test("by force the only copy of old work goes too, and young work still stays", async () => {
  const { pruned, refs } = await lay();
  expect((await pruned({ force: true })).removed).toContain(attempt("r-old", TWO));
  expect((await refs()).sort()).toEqual([attempt("r-young", ONE), attempt("r-young", TWO)].sort());
  expect((await pruned({ keep_days: 0 })).removed).toEqual([".dgov/out/r-young", attempt("r-young", ONE)]);
});

test("caches that were written to lately stay, and so do those of a governor at work", async () => {
  const { repo, pruned, touch, cache } = await lay();
  touch(3);
  expect((await pruned()).kept).toEqual(expect.arrayContaining([".dgov/runtime/components", ".git/dgov-symbols.db"]));
  touch(30);
  const lock = takeRepository(join(repo.root, ".git"), NOW_MS);
  expect((await pruned()).kept).toEqual(expect.arrayContaining([".dgov/runtime/components", ".git/dgov-symbols.db"]));
  lock.release();
  expect((await pruned()).removed).toContain(".git/dgov-symbols.db");
  expect(existsSync(cache)).toBe(false);
});

test("a run that is not over keeps all that is its own, however old it is", async () => {
  const { repo, pruned } = await lay();
  const log = openWritable(repo.root, { readonly: false });
  const other = started({ plan_dir: ".dgov/plans/other" });
  log.appendAll(RunId.parse("r-cut"), log.lastSeq(), 1, [other, dispatched(ONE)]);
  log.close();
  mkdirSync(join(repo.root, ".dgov/out/r-cut"));
  expect((await pruned()).kept).toContain(".dgov/out/r-cut");
});
