import { afterEach, expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Event, RunId } from "@dgov/kernel";
import { type CleanOptions, clean } from "./clean.ts";
import { createGit, type Git } from "./git/git.ts";
import { takeLock } from "./git/lockfile.ts";
import { openPool, poolFolder } from "./git/worktrees.ts";
import { openWritable } from "./log.ts";
import { BEGIN_MS, dispatched, ONE, PARTIAL, RUN, started, TWO } from "./view/testing/sample_run.ts";

const NOTHING: CleanOptions = { attempts: false, force: false, dry_run: false, before_ms: null };
const open: string[] = [];
afterEach(() => {
  for (const folder of open.splice(0)) rmSync(folder, { recursive: true, force: true });
});

type Place = { root: string; env: Record<string, string>; git: Git; head: string };

/** A repository after this run, with one idle worktree, its logs, and the attempts of a landed and an unlanded task. */
async function afterRun(events: readonly Event[]): Promise<Place> {
  const folder = mkdtempSync(join(tmpdir(), "dgov-test-"));
  open.push(folder);
  const root = join(folder, "repo");
  const env = { PATH: process.env.PATH ?? "", HOME: folder };
  mkdirSync(join(root, ".dgov/out", RUN), { recursive: true });
  writeFileSync(join(root, ".dgov/out", RUN, "gate.log"), "x");
  const git = createGit(root, env);
  await git.ask(["init", "-q", "-b", "main"]);
  const tree = await git.text(["mktree"], { stdin: "" });
  const head = await git.text(["commit-tree", tree], { stdin: "base\n", at_ms: BEGIN_MS });
  await git.ask(["update-ref", "refs/heads/main", head], { at_ms: BEGIN_MS });
  for (const task of [ONE, TWO])
    await git.ask(["update-ref", `refs/dgov/attempts/${RUN}/${task}/1`, head], { at_ms: BEGIN_MS });
  const log = openWritable(root, { readonly: false });
  log.appendAll(RUN, 0, 1, events);
  log.close();
  const pool = openPool(git, { folder: poolFolder(root, env), now_ms: () => 1 });
  (await pool.acquire(head)).release();
  await pool.close();
  return { root, env, git, head };
}

const cleaned = ({ root, env }: Place, options: Partial<CleanOptions>) =>
  clean({ cwd: root, env, now_ms: () => 2 }, { ...NOTHING, ...options });
const kinds = (items: readonly { kind: string }[]) => items.map(({ kind }) => kind).sort();
const attempts = async ({ git }: Place) =>
  (await git.text(["for-each-ref", "--format=%(refname)", "refs/dgov"])).split("\n").filter(Boolean);

test("what a killed bench has left goes, unless one is at work or a dry run asks", async () => {
  const place = await afterRun(PARTIAL);
  const folder = join(poolFolder(place.root, place.env), "bench");
  mkdirSync(join(folder, "b0123456789abcdef/fine"), { recursive: true });
  const item = { kind: "worktree" as const, what: folder };
  expect((await cleaned(place, { dry_run: true })).removed).toContainEqual(item);
  const lock = takeLock(join(folder, "lock"), 1);
  expect((await cleaned(place, {})).kept).toContainEqual({ ...item, why: `process ${process.pid} uses it` });
  if ("release" in lock) lock.release();
  const lately = await cleaned(place, { before_ms: 1 });
  expect(lately.kept).toContainEqual({ ...item, why: "it was written to lately" });
  expect(existsSync(folder)).toBe(true);
  expect((await cleaned(place, {})).removed).toContainEqual(item);
  expect(existsSync(folder)).toBe(false);
});

test("after a run that is over: worktrees and logs go, attempts stay", async () => {
  const place = await afterRun(PARTIAL);
  const view = await cleaned(place, {});
  expect(kinds(view.removed)).toEqual(["output", "worktree"]);
  expect(existsSync(poolFolder(place.root, place.env)) && readdirSync(poolFolder(place.root, place.env))).toEqual([]);
  expect(readdirSync(join(place.root, ".dgov/out"))).toEqual([]);
  expect((await place.git.text(["worktree", "list"])).split("\n")).toHaveLength(1);
  expect(await attempts(place)).toHaveLength(2);
  expect((await cleaned(place, {})).removed).toEqual([]);
});

test("a dry run names the same, and removes nothing", async () => {
  const place = await afterRun(PARTIAL);
  const view = await cleaned(place, { dry_run: true, attempts: true, force: true });
  expect(kinds(view.removed)).toEqual(["attempt", "attempt", "output", "worktree"]);
  expect(readdirSync(poolFolder(place.root, place.env))).toContain("s1");
  expect(await attempts(place)).toHaveLength(2);
});

test("what an unfinished run may need is kept, with the reason", async () => {
  const place = await afterRun([started(), dispatched(ONE)]);
  const view = await cleaned(place, { attempts: true });
  expect(view.removed).toEqual([]);
  expect(kinds(view.kept)).toEqual(["attempt", "attempt", "output", "worktree"]);
  expect(readdirSync(poolFolder(place.root, place.env))).toContain("s1");
});

test("a run that was cut off holds nothing any more when a later one of its plan is over", async () => {
  const place = await afterRun([started(), dispatched(ONE)]);
  const log = openWritable(place.root, { readonly: false });
  log.appendAll(RunId.parse("r20261121T050827-0000"), 2, 2, PARTIAL);
  log.close();
  const view = await cleaned(place, {});
  expect(view.kept).toEqual([]);
  expect(kinds(view.removed)).toEqual(["output", "worktree"]);
});

test("a worktree that a killed attempt left is kept, whatever the log says", async () => {
  const place = await afterRun(PARTIAL);
  const slot = join(poolFolder(place.root, place.env), "s1");
  const owner = { run: RUN, task: ONE, attempt: 1, base: place.head };
  writeFileSync(`${slot}.owner`, JSON.stringify(owner));
  expect(kinds((await cleaned(place, {})).kept)).toEqual(["worktree"]);
  expect(kinds((await cleaned(place, { force: true })).removed)).toEqual(["worktree"]);
});

test("a run that was cut off is not replaced by one of another plan", async () => {
  const place = await afterRun([started(), dispatched(ONE)]);
  const other = [started({ plan_dir: ".dgov/plans/other" }), ...PARTIAL.slice(1)];
  const log = openWritable(place.root, { readonly: false });
  log.appendAll(RunId.parse("r20261121T050827-0000"), 2, 2, other);
  log.close();
  expect(kinds((await cleaned(place, {})).kept)).toEqual(["output", "worktree"]);
});

test("I6 a worktree that a live process uses is kept, even by force", async () => {
  const place = await afterRun(PARTIAL);
  const pool = openPool(place.git, { folder: poolFolder(place.root, place.env), now_ms: () => 1 });
  const lease = await pool.acquire(place.head);
  const view = await cleaned(place, { force: true });
  expect(view.kept).toEqual([{ kind: "worktree", what: lease.path, why: `process ${process.pid} uses it` }]);
  expect(existsSync(lease.path)).toBe(true);
  lease.release();
  await pool.close();
});

test("D18 the last good head that a run offered goes where a branch has it, and else by force alone", async () => {
  const place = await afterRun(PARTIAL);
  const ref = `refs/dgov/good/${RUN}`;
  const tree = await place.git.text(["mktree"], { stdin: "" });
  const beside = await place.git.text(["commit-tree", tree], { stdin: "beside\n", at_ms: BEGIN_MS });
  await place.git.ask(["update-ref", ref, beside], { at_ms: BEGIN_MS });
  expect((await cleaned(place, { attempts: true })).kept).toContainEqual({
    ...{ kind: "good_head", what: ref, why: "it is on no branch" },
  });
  await place.git.ask(["update-ref", ref, place.head], { at_ms: BEGIN_MS });
  expect((await cleaned(place, {})).removed).not.toContainEqual({ kind: "good_head", what: ref });
  expect((await cleaned(place, { attempts: true })).removed).toContainEqual({ kind: "good_head", what: ref });
  expect(await attempts(place)).not.toContain(ref);
});

test("attempts that landed go when asked for, the only copy of work goes by force alone", async () => {
  const place = await afterRun(PARTIAL);
  const view = await cleaned(place, { attempts: true });
  expect(view.removed.map(({ what }) => what)).toContain(`refs/dgov/attempts/${RUN}/${ONE}/1`);
  expect(await attempts(place)).toEqual([`refs/dgov/attempts/${RUN}/${TWO}/1`]);
  await cleaned(place, { attempts: true, force: true });
  expect(await attempts(place)).toEqual([]);
});
