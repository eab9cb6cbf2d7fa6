import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, mkdirSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { keep } from "./candidate.ts";
import { removeLeftLocks } from "./left_locks.ts";
import { type Repository, repository } from "./testing/repository.ts";

setDefaultTimeout(60_000);

const made: Repository[] = [];
afterEach(() => {
  for (const one of made.splice(0)) one.remove();
});

const SINCE_MS = Date.UTC(2026, 0, 1);
const NAMES = ["refs/heads/main.lock", "HEAD.lock", "packed-refs.lock", "index.lock"];

/** A repository with these locks of an earlier git, from a time after or before the landing began. */
async function locked(after_ms: number) {
  const repo = await repository({ a: "a\n" });
  made.push(repo);
  const paths = NAMES.map((name) => join(repo.root, ".git", name));
  for (const path of paths) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, "");
    utimesSync(path, (SINCE_MS + after_ms) / 1000, (SINCE_MS + after_ms) / 1000);
  }
  const interrupted = { refs: ["refs/heads/main"], checkouts: [repo.root], since_ms: SINCE_MS };
  return { repo, interrupted, left: () => NAMES.filter((_, at) => existsSync(paths[at] ?? "")) };
}

test("locks that came about in a landing that was cut off are removed", async () => {
  const { repo, interrupted, left } = await locked(1_000);
  await removeLeftLocks(repo.git, interrupted);
  expect(left()).toEqual([]);
});

test("a lock from before the landing is somebody else's", async () => {
  const { repo, interrupted, left } = await locked(-60_000);
  await removeLeftLocks(repo.git, interrupted);
  expect(left()).toEqual(NAMES);
});

/** Goes into folders until no path can name the last one, and stays there. */
const DEEP = `name=$(printf '%0200d' 0); n=0; while [ $n -lt 30 ]; do mkdir $name; cd -P $name; n=$((n + 1)); done`;

test.each([
  ["in the checkout", ":"],
  ["in a folder of it that no path reaches", DEEP],
])("while a git is at work %s every lock may be its own", async (_, before) => {
  const { repo, interrupted, left } = await locked(1_000);
  const words = [
    "bash",
    "-c",
    `${before}; echo begun; git --git-dir="$1" cat-file --batch; :`,
    "-",
    `${repo.root}/.git`,
  ];
  const busy = Bun.spawn(words, { cwd: repo.root, stdin: "pipe", stdout: "pipe" });
  const said = busy.stdout.getReader();
  await said.read();
  busy.stdin.write("HEAD\n"); // its answer says that it is there
  await busy.stdin.flush();
  await said.read();
  await removeLeftLocks(repo.git, interrupted);
  expect(left()).toEqual(NAMES);
  await busy.stdin.end();
  await busy.exited;
});

test("our own git, which answers questions, holds no lock", async () => {
  const { repo, interrupted, left } = await locked(1_000);
  await repo.git.objects.info(["HEAD"]);
  await removeLeftLocks(repo.git, interrupted);
  expect(left()).toEqual([]);
});

test("the lock that a killed git left on the ref of an attempt does not keep its work from being kept", async () => {
  const repo = await repository({ a: "a\n" });
  made.push(repo);
  const base = await repo.user("rev-parse", "HEAD");
  const ref = "refs/dgov/attempts/r1/core/main.one/1";
  const lock = join(repo.root, ".git", `${ref}.lock`);
  mkdirSync(dirname(lock), { recursive: true });
  writeFileSync(lock, "");
  const attempt = { run: "r1", task: "core/main.one", attempt: 1 };
  const tree = await repo.user("rev-parse", "HEAD^{tree}");
  const commit = await keep(repo.git, { ...attempt, tree, base, message: "kept", at_ms: SINCE_MS });
  expect(await repo.user("rev-parse", ref)).toBe(commit);
  expect(existsSync(lock)).toBe(false);
});
