import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DgovError } from "../error.ts";
import { land, landedOn, mendCheckouts, pendingRef, targetHead } from "./land.ts";
import { type Content, type Repository, repository } from "./testing/repository.ts";

setDefaultTimeout(60_000); // many processes each, and the machine may be busy

const made: Repository[] = [];
afterEach(() => {
  for (const one of made.splice(0)) one.remove();
});
type Files = Record<string, Content | null>;
const target = "refs/heads/main";
const rest = { target, message: "dgov: land core/a.b", at_ms: 1_700_000_000_000 };

const setUp = async (files: Files) => {
  const repo = await repository(files);
  made.push(repo);
  const head = await repo.user("rev-parse", "HEAD");
  /** A commit on `parent` that nobody has checked out, as the integration makes it. */
  const candidate = async (parent: string, work: Files) => {
    await repo.user("worktree", "add", "-q", "--detach", join(repo.folder, "maker"), parent);
    repo.write(work, join(repo.folder, "maker"));
    await repo.user("-C", join(repo.folder, "maker"), "add", "-A");
    await repo.user("-C", join(repo.folder, "maker"), "commit", "-q", "-m", "work");
    const commit = await repo.user("-C", join(repo.folder, "maker"), "rev-parse", "HEAD");
    await repo.user("worktree", "remove", "--force", join(repo.folder, "maker"));
    return commit;
  };
  const at = (ref: string) => repo.user("rev-parse", "--verify", "-q", ref).catch(() => null);
  return { ...repo, head, candidate, at, status: () => repo.user("status", "--porcelain") };
};
const FILES = { a: "a\n", b: "b\n", gone: "x\n", "d/x": "x\n" };
const WORK = { a: "landed\n", gone: null, "d/x": null, d: "now a file\n", new: { run: "#!/bin/sh\n" } };
const landed = (read: (path: string) => string | null) => ["a", "b", "gone", "d", "new"].map(read);
const LANDED = ["landed\n", "b\n", null, "now a file\n", "#!/bin/sh\n"];

test("D17 the branch and the checkout that has it open are at the commit", async () => {
  const { git, head, candidate, at, read, status, user } = await setUp(FILES);
  const commit = await candidate(head, WORK);
  expect(await land(git, { ...rest, head, commit })).toEqual({ kind: "branch" });
  expect(await at(target)).toBe(commit);
  expect(landed(read)).toEqual(LANDED);
  expect(await status()).toBe("");
  expect(await user("reflog", "-1", "--format=%gs", "main")).toBe("dgov: land core/a.b");
  expect(await landedOn(git, { target, commit })).toBe("branch");
});

test("work that the head already has lands without a commit of its own", async () => {
  const { git, head, at, write, status } = await setUp(FILES);
  write({ a: "mine\n" });
  expect(await land(git, { ...rest, head, commit: head })).toEqual({ kind: "branch" });
  expect([await at(target), await status()]).toEqual([head, " M a"]);
});

test("local changes elsewhere stay as they are, staged or not", async () => {
  const { git, head, candidate, read, write, status, user } = await setUp({ ...FILES, c: "c\n" });
  const commit = await candidate(head, WORK);
  write({ b: "mine\n", c: "staged\n", untracked: "u\n" });
  await user("add", "c");
  expect(await land(git, { ...rest, head, commit })).toEqual({ kind: "branch" });
  expect(read("a")).toBe("landed\n");
  expect((await status()).split("\n").sort()).toEqual([" M b", "?? untracked", "M  c"]);
});

test.each<[string, Files, boolean]>([
  ["a change to a file that lands", { a: "mine\n" }, false],
  ["a staged change to it", { a: "mine\n" }, true],
  ["an untracked file where one lands", { new: "mine\n" }, false],
])("where %s forbids it, the work waits, later work joins it, and one command takes it", async (_, mine, stage) => {
  const { git, head, candidate, at, read, write, user, status } = await setUp(FILES);
  const first = await candidate(head, WORK);
  write(mine);
  if (stage) await user("add", "-A");
  const before = await status();
  const ref = "refs/dgov/pending/main";
  const waits = await land(git, { ...rest, head, commit: first });
  expect(waits).toMatchObject({ kind: "pending", ref, cure: `git merge --ff-only ${ref}` });
  expect([await at(target), await at(ref), await status()]).toEqual([head, first, before]);
  expect(await targetHead(git, target)).toBe(first);
  expect(await landedOn(git, { target, commit: first })).toBe("pending");

  const second = await candidate(first, { b: "second\n" });
  expect(await land(git, { ...rest, head: first, commit: second })).toMatchObject({ kind: "pending" });
  expect([await at(target), await at(ref)]).toEqual([head, second]);

  await user("stash", "-u");
  await user("merge", "-q", "--ff-only", ref);
  expect(await targetHead(git, target)).toBe(second);
  const third = await candidate(second, { b: "third\n" });
  expect(await land(git, { ...rest, head: second, commit: third })).toEqual({ kind: "branch" });
  expect([await at(target), await at(ref), read("b")]).toEqual([third, null, "third\n"]);
});

test("when the obstacle has gone, the next landing takes what waited along", async () => {
  const { git, head, candidate, at, write, user, read } = await setUp(FILES);
  write({ a: "mine\n" });
  const first = await candidate(head, WORK);
  await land(git, { ...rest, head, commit: first });
  await user("checkout", "-q", "--", "a");
  const second = await candidate(first, { b: "second\n" });
  expect(await land(git, { ...rest, head: first, commit: second })).toEqual({ kind: "branch" });
  expect([await at(target), await at(pendingRef(target)), read("a"), read("b")]).toEqual([
    second,
    null,
    "landed\n",
    "second\n",
  ]);
});

test.each(["alone", "on top of what waits"])(
  "what could not be written when it landed, %s, is taken by the same landing when it can",
  async (where) => {
    const { git, head, candidate, at, write, user, read } = await setUp(FILES);
    write({ a: "mine\n" });
    const first = await candidate(head, WORK);
    await land(git, { ...rest, head, commit: first });
    const alone = where === "alone";
    const step = alone ? { head, commit: first } : { head: first, commit: await candidate(first, { b: "second\n" }) };
    for (const _ of ["when it lands", "and again"])
      expect(await land(git, { ...rest, ...step })).toMatchObject({ kind: "pending" });
    expect([await at(target), await at(pendingRef(target))]).toEqual([head, step.commit]);
    await user("checkout", "-q", "--", "a");
    expect(await land(git, { ...rest, ...step })).toEqual({ kind: "branch" });
    expect([await at(target), await at(pendingRef(target)), read("a")]).toEqual([step.commit, null, "landed\n"]);
  },
);

test("a branch that went another way than the waiting work is said, and nothing is lost", async () => {
  const { git, head, candidate, write, user, commit, at } = await setUp(FILES);
  write({ a: "mine\n" });
  const first = await candidate(head, WORK);
  await land(git, { ...rest, head, commit: first });
  await commit({ b: "person\n" });
  const error = await targetHead(git, target).catch((thrown: unknown) => thrown);
  expect(error instanceof DgovError && error.code).toBe("landing_diverged");
  expect(await at(pendingRef(target))).toBe(first);
  expect(await user("log", "-1", "--format=%s")).toBe("more");
});

test("a target that a person has moved is not touched", async () => {
  const { git, head, candidate, commit, at, read, status } = await setUp(FILES);
  const work = await candidate(head, WORK);
  const moved = await commit({ b: "person\n" });
  expect(await land(git, { ...rest, head, commit: work })).toEqual({ kind: "moved", head: moved });
  expect([await at(target), read("a"), await status()]).toEqual([moved, "a\n", ""]);
  expect(await landedOn(git, { target, commit: work })).toBeNull();
});

test("a branch that nobody has checked out just moves; one in a linked worktree is brought along there", async () => {
  const { git, head, candidate, folder, user, at, read } = await setUp(FILES);
  await user("switch", "-q", "-c", "elsewhere");
  const first = await candidate(head, WORK);
  expect(await land(git, { ...rest, head, commit: first })).toEqual({ kind: "branch" });
  expect([await at(target), read("a")]).toEqual([first, "a\n"]);
  await user("worktree", "add", "-q", join(folder, "linked"), "main");
  const second = await candidate(first, { a: "again\n" });
  expect(await land(git, { ...rest, head: first, commit: second })).toEqual({ kind: "branch" });
  expect(await Bun.file(join(folder, "linked/a")).text()).toBe("again\n");
  expect(await user("-C", join(folder, "linked"), "status", "--porcelain")).toBe("");
});

test("a branch that is gone", async () => {
  const { git, head, candidate, user } = await setUp(FILES);
  const commit = await candidate(head, WORK);
  await user("switch", "-q", "-c", "other");
  await user("branch", "-q", "-D", "main");
  const error = await land(git, { ...rest, head, commit }).catch((thrown: unknown) => thrown);
  expect(error instanceof DgovError && error.code).toBe("target_missing");
});

test("an unfinished merge in the checkout makes the work wait", async () => {
  const { git, head, candidate, user, commit } = await setUp(FILES);
  await user("switch", "-q", "-c", "side");
  await commit({ side: "s\n" });
  await user("switch", "-q", "main");
  const work = await candidate(head, WORK);
  await user("merge", "-q", "--no-ff", "--no-commit", "side");
  expect(await land(git, { ...rest, head, commit: work })).toMatchObject({ kind: "pending" });
});

test("while the user's git holds the index the landing waits, and a lock that stays makes the work wait", async () => {
  const { git, head, candidate, root, at, read } = await setUp(FILES);
  const lock = join(root, ".git/index.lock");
  const first = await candidate(head, WORK);
  writeFileSync(lock, "");
  setTimeout(() => rmSync(lock), 300);
  expect(await land(git, { ...rest, head, commit: first })).toEqual({ kind: "branch" });
  expect(read("a")).toBe("landed\n");
  writeFileSync(lock, "");
  const second = await candidate(first, { a: "again\n" });
  expect(await land(git, { ...rest, head: first, commit: second })).toMatchObject({ kind: "pending" });
  expect([await at(target), existsSync(lock)]).toEqual([first, true]);
}, 20_000);

test("a file that was only touched does not count as changed", async () => {
  const { git, head, candidate, write, read } = await setUp(FILES);
  const commit = await candidate(head, WORK);
  await Bun.sleep(1100); // git compares times by the second
  write({ a: "a\n" });
  expect(await land(git, { ...rest, head, commit })).toEqual({ kind: "branch" });
  expect(read("a")).toBe("landed\n");
});

test.each<[string, Files]>([
  ["before any file was written", {}],
  ["after some files were written", { a: "landed\n", gone: null }],
  ["after all files were written", { ...WORK }],
])("a kill after the branch moved, %s, is mended", async (_, written) => {
  const { git, head, candidate, user, write, read, status } = await setUp(FILES);
  const commit = await candidate(head, WORK);
  await user("update-ref", target, commit, head);
  write(written);
  expect(await mendCheckouts(git, { target, head, commit })).toBeNull();
  expect(await status()).toBe("");
  expect(landed(read)).toEqual(LANDED);
  expect(await mendCheckouts(git, { target, head, commit })).toBeNull();
});

test.each(["", "n", "new"])("a file of which git had written %p when it was killed is written whole", async (torn) => {
  const { git, head, candidate, user, write, read, status } = await setUp({ a: "old\n", b: "b\n" });
  const commit = await candidate(head, { a: "new and long\n" });
  await user("update-ref", target, commit, head);
  write({ a: torn });
  expect(await mendCheckouts(git, { target, head, commit })).toBeNull();
  expect(read("a")).toBe("new and long\n");
  expect(await status()).toBe("");
});

test("mending does not touch a local change", async () => {
  const { git, head, candidate, user, write, read } = await setUp(FILES);
  const commit = await candidate(head, WORK);
  await user("update-ref", target, commit, head);
  write({ a: "mine\n" });
  expect(await mendCheckouts(git, { target, head, commit })).toContain("a");
  expect(read("a")).toBe("mine\n");
});
