import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { standing } from "../git/standing.ts";
import { type Repository, repository } from "../git/testing/repository.ts";
import { openPool, poolFolder } from "../git/worktrees.ts";
import { findCommitPlace } from "./place.ts";
import { subjectOf } from "./subject.ts";

setDefaultTimeout(60_000);

const open: Repository[] = [];
afterEach(() => {
  for (const repo of open.splice(0)) repo.remove();
});

const secondOf = (path: string) => Math.floor(statSync(path).mtimeMs / 1000);

/** Does work within one second of the clock that files are stamped with; then it is another one. */
async function withinASecond(files: readonly string[], work: () => Promise<void>): Promise<void> {
  for (;;) {
    await Bun.sleep(1_000 - (Date.now() % 1_000));
    await work();
    if (new Set(files.map(secondOf)).size === 1) break; // a machine that is busy gets another one
  }
  await Bun.sleep(1_100 - (Date.now() % 1_000));
}

test("of the same size, and written in the second in which it was staged: it is seen a second later, too", async () => {
  const repo = await repository({ "a.txt": "one\n", "b.txt": "one\n" });
  open.push(repo);
  const file = join(repo.root, "a.txt");
  await withinASecond([file, join(repo.root, ".git/index")], async () => {
    writeFileSync(file, "two\n");
    await repo.user("add", "a.txt");
    writeFileSync(file, "six\n");
  });
  const place = findCommitPlace({ cwd: repo.root, env: {} });
  const { tree } = await subjectOf(repo.git, place, { kind: "all" });
  expect(await repo.user("show", `${tree}:a.txt`)).toBe("six");
  const staged = await subjectOf(repo.git, place, { kind: "staged" });
  expect(await repo.user("show", `${staged.tree}:a.txt`)).toBe("two");
});

test("the same of a task's worktree, for who looks at it while somebody works there", async () => {
  const repo = await repository({ "a.txt": "one\n" });
  open.push(repo);
  const base = await repo.user("rev-parse", "HEAD");
  const folder = poolFolder(repo.root, {});
  const pool = openPool(repo.git, { folder, now_ms: () => 0 });
  const owner = { run: "r", task: "t", attempt: 1, base };
  const state: { root: string; release: () => void } = { root: "", release: () => {} };
  const files: string[] = [];
  await withinASecond(files, async () => {
    state.release();
    await pool.close();
    const lease = await pool.acquire(base, { owner });
    Object.assign(state, { root: lease.path, release: lease.release });
    files.splice(0, 2, join(lease.path, "a.txt"), lease.index_file);
    writeFileSync(join(lease.path, "a.txt"), "two\n");
  });
  const there = await standing(repo.git, folder, { run: "r", task: "t", ignores: () => false });
  expect(there?.frozen.changes.map(({ path }) => path)).toEqual(["a.txt"]);
  expect(await repo.git.at(state.root, undefined).text(["status", "--short"])).toBe(" M a.txt"); // as the worker sees it
  state.release();
  await pool.close();
});
