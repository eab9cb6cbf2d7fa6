import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, mkdirSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DgovError } from "../error.ts";
import { createGit } from "./git.ts";
import { bootstrap, dirtyPaths, inspect, openRepository, refuseDirty } from "./readiness.ts";
import { type Content, type Repository, repository, writeFiles } from "./testing/repository.ts";

setDefaultTimeout(60_000); // many processes each, and the machine may be busy

const made: Repository[] = [];
const repo = async (...args: Parameters<typeof repository>) => {
  const one = await repository(...args);
  made.push(one);
  return one;
};
afterEach(() => {
  for (const one of made.splice(0)) one.remove();
});
const code = (promise: Promise<unknown>) =>
  promise.then(
    () => "no error",
    (error: unknown) => (error instanceof DgovError ? error.code : `not ours: ${error}`),
  );

test("a repository with a commit on a branch is ready, from any folder in it", async () => {
  const { root, user, git } = await repo({ "src/a.py": "a\n" });
  const opened = await openRepository(join(root, "src"), { PATH: process.env.PATH, HOME: root });
  expect(opened.root).toBe(realpathSync(root));
  expect(await inspect(opened)).toEqual({
    kind: "ready",
    root,
    head: await user("rev-parse", "HEAD"),
    target: "refs/heads/main",
  });
  expect(await code(refuseDirty(git))).toBe("no error");
});

test("no repository, a bare one, git's own folder", async () => {
  const { root, folder, user } = await repo({ a: "a" });
  await user("clone", "-q", "--bare", root, join(folder, "bare.git"));
  const env = { PATH: process.env.PATH, HOME: folder };
  expect(await code(openRepository(folder, env))).toBe("repo_missing");
  expect(await code(openRepository(join(folder, "bare.git"), env))).toBe("repo_bare");
  expect(await code(openRepository(join(root, ".git"), env))).toBe("repo_bare");
});

test("git that is not there", async () => {
  const { root } = await repo({ a: "a" });
  expect(await code(openRepository(root, { PATH: "/nowhere" }))).toBe("git_missing");
});

test("a linked worktree works as a checkout", async () => {
  const { root, folder, user } = await repo({ a: "a" });
  await user("worktree", "add", "-q", "-b", "side", join(folder, "linked"));
  const git = createGit(join(folder, "linked"), { PATH: process.env.PATH });
  expect(await inspect(git)).toMatchObject({ kind: "ready", target: "refs/heads/side" });
  expect(await git.commonDir()).toBe(join(root, ".git"));
});

test.each([
  ["nothing at all", {}, "repo_empty"],
  ["only ours", { ".dgov/project.toml": "x" }, { only_dgov: true }],
  ["other files", { ".dgov/project.toml": "x", "a.py": "x" }, { only_dgov: false }],
  ["only what is ignored", { ".gitignore": "*\n", "a.py": "x" }, "repo_empty"],
] as const)("C16 no commit yet, %s", async (_, files, expected) => {
  const { git, root } = await repo(null);
  writeFiles(root, files as Record<string, Content>);
  if (typeof expected === "string") return expect(await code(inspect(git))).toBe(expected);
  expect(await inspect(git)).toMatchObject({ kind: "needs_bootstrap", ...expected });
  const head = await bootstrap(git, 1_700_000_000_000);
  expect(await inspect(git)).toMatchObject({ kind: "ready", head });
  expect(await git.text(["log", "-1", "--format=%s|%an|%at"])).toBe("chore: bootstrap repo for dgov|dgov|1700000000");
  expect(await dirtyPaths(git)).toEqual([]);
});

test("a detached head and an unfinished merge are refused", async () => {
  const { git, user, commit } = await repo({ a: "1\n" });
  await user("switch", "-q", "-c", "side");
  await commit({ a: "2\n" });
  await user("switch", "-q", "main");
  await commit({ a: "3\n" });
  await user("merge", "side").catch(() => null);
  expect(await code(inspect(git))).toBe("repo_unfinished");
  await user("merge", "--abort");
  await user("checkout", "-q", "--detach");
  expect(await code(inspect(git))).toBe("head_detached");
});

test("what is dirty, and what dgov itself writes", async () => {
  const { git, user, write, commit } = await repo({
    "a b.py": "1\n",
    "gone.py": "1\n",
    "old.py": "same\nsame\n",
    staged: "1",
  });
  await commit({ ".dgov/plans/p/_root.toml": "x\n" });
  write({
    ".dgov/state.db": "x",
    ".dgov/state.db-wal": "x",
    ".dgov/out/r/log": "x",
    ".dgov/runtime/x": "x",
    ".dgov/runs.log": "x",
    ".dgov/plans/deployed.jsonl": "x",
    ".dgov/plans/p/_compiled.toml": "x",
    ".dgov/schema/plan.json": "x",
  });
  expect(await dirtyPaths(git)).toEqual([]);
  write({ "a b.py": "2\n", "gone.py": null, "new/café.py": "x", ".dgov/plans/p/_root.toml": "y\n", staged: "2" });
  await user("mv", "old.py", "moved.py");
  await user("add", "staged");
  const dirty = [".dgov/plans/p/_root.toml", "a b.py", "gone.py", "moved.py", "new/café.py", "old.py", "staged"];
  expect(await dirtyPaths(git)).toEqual(dirty);
  expect(await code(refuseDirty(git))).toBe("repo_dirty");
});

test("a plan that was moved into the archive is not dirty; one that is gone or stands twice is", async () => {
  const { git, write, commit } = await repo({ a: "a" });
  await commit({
    ".dgov/plans/p/_root.toml": "p\n",
    ".dgov/plans/p/t/main.toml": "t\n",
    ".dgov/plans/q/_root.toml": "q\n",
  });
  const move = { ".dgov/plans/archive/p/_root.toml": "p\n", ".dgov/plans/archive/p/t/main.toml": "t\n" };
  write(move);
  expect(await dirtyPaths(git)).toEqual(Object.keys(move));
  rmSync(join(git.root, ".dgov/plans/p"), { recursive: true });
  expect(await dirtyPaths(git)).toEqual([]);
  write({ ".dgov/plans/archive/note.md": "x", ".dgov/plans/q/_root.toml": null });
  expect(await dirtyPaths(git)).toEqual([".dgov/plans/archive/note.md", ".dgov/plans/q/_root.toml"]);
});

test("only the first ten dirty paths are in the message", async () => {
  const { git, write } = await repo({ a: "a" });
  write(Object.fromEntries(Array.from({ length: 12 }, (_, at) => [`f${String(at).padStart(2, "0")}`, "x"])));
  const error = await refuseDirty(git).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(DgovError);
  if (!(error instanceof DgovError)) return;
  expect(error.message).toContain('"f09" and 2 more');
  expect(error.places).toHaveLength(12);
});

test("the user's own ignore file counts for the user's checkout", async () => {
  const { git, folder, write } = await repo({ a: "a" });
  mkdirSync(join(folder, ".config/git"), { recursive: true });
  writeFileSync(join(folder, ".config/git/ignore"), "*.swp\n");
  write({ "a.swp": "x" });
  expect(await dirtyPaths(git)).toEqual([]);
});

test("C17 a repository's own programs are not run: hooks, fsmonitor, filters, merge drivers", async () => {
  const { git, root, user, write, commit } = await repo({ a: "1\n", ".gitattributes": "* filter=evil merge=evil\n" });
  const evil = join(root, "../ran");
  const script = `touch ${evil}; cat`;
  for (const key of [
    "core.fsmonitor",
    "filter.evil.clean",
    "filter.evil.smudge",
    "filter.evil.process",
    "merge.evil.driver",
  ])
    await user("config", key, script);
  await user("config", "filter.evil.required", "true");
  write({ ".git/hooks/post-index-change": { run: `#!/bin/sh\n${script}\n` }, a: "2\n" });
  expect(await dirtyPaths(git)).toEqual(["a"]);
  await git.ask(["add", "-A"], { user: true });
  await git.ask(["checkout-index", "-f", "-a"]);
  expect(existsSync(evil)).toBe(false);
  await commit({ a: "3\n" }).catch(() => null);
  expect(existsSync(evil)).toBe(true); // the trap works
});
