import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { broughtBetween } from "./brought.ts";
import { lineBetween, readCommit } from "./commits.ts";
import type { Git } from "./git.ts";
import { landingCommit } from "./landing_commit.ts";
import { type Repository, repository } from "./testing/repository.ts";

setDefaultTimeout(60_000);

const made: Repository[] = [];
afterEach(() => {
  for (const one of made.splice(0)) one.remove();
});
const open = async () => {
  const repo = await repository({ a: "1\n" });
  made.push(repo);
  return { ...repo, base: await repo.user("rev-parse", "HEAD") };
};
const oids = async (git: Git, base: string, head: string) =>
  (await lineBetween(git, base, head))?.map(({ oid }) => oid) ?? null;

test("a way on which each commit has one parent is all there is between two commits", async () => {
  const { git, base, commit, user } = await open();
  const first = await commit({ a: "2\n" }, "two");
  const head = await commit({ a: "3\n" }, "three\n\nmore");
  expect(await oids(git, base, head)).toEqual([head, first]);
  expect(await oids(git, head, head)).toEqual([]);
  expect(await readCommit(git, head)).toEqual({ oid: head, parents: [first], message: "three\n\nmore\n" });
  expect(await user("rev-list", `${base}..${head}`)).toBe([head, first].join("\n"));
});

test("where there is a merge, another beginning or no such commit, git has to be asked", async () => {
  const { git, base, commit, user } = await open();
  await user("switch", "-q", "-c", "side");
  const side = await commit({ b: "1\n" });
  await user("switch", "-q", "main");
  const main = await commit({ c: "1\n" });
  await user("merge", "-q", "--no-edit", "side");
  const merged = await user("rev-parse", "HEAD");
  expect(await oids(git, base, merged)).toBeNull();
  expect(await oids(git, side, main)).toBeNull();
  expect(await oids(git, base, "0".repeat(40))).toBeNull();
  expect(await readCommit(git, await user("rev-parse", "HEAD^{tree}"))).toBeNull();
  expect(await oids(git, merged, merged)).toEqual([]);
});

test("a message in another encoding is not read, and what it brought is asked of git", async () => {
  const { git, base, write, user } = await open();
  write({ a: "2\n" });
  const words = "caf\u00e9\n\nDgov-Task: core/main.a";
  await user("-c", "i18n.commitEncoding=ISO-8859-1", "commit", "-qam", words);
  const head = await user("rev-parse", "HEAD");
  expect((await readCommit(git, head))?.message).toBeNull();
  expect([...((await broughtBetween(git, base, head)).get("a") ?? [])]).toEqual(["core/main.a"]);
});

const LANDED = "Do it\n\nDgov-Run: r1\nDgov-Task: core/main.a\nDgov-Plan: x";
test.each<[message: string, asks: boolean]>([
  [LANDED, false],
  ["By hand", false],
  ["Do it\n\nSigned-off-by: Ann <ann@example.org>", false],
  ["Dgov-Task: core/main.a", true], // a subject is no trailer
  [`${LANDED}\n\nand more`, true],
  ["Do it\n\nsome words\nDgov-Task: core/main.a", true],
  ["Do it\n\nDgov-Task: core/main.a\nDgov-Task: core/main.b", true],
  ["Do it\n\ndgov-task: core/main.a", true],
  ["Do it\n\nDgov-Task: core/main.a\n  goes on", true],
  ["Do it\n\nDgov-Task: core/main.a\n(cherry picked from commit 1234)", true],
  ["Dgov-Task: a\n\nDgov-Task: core/main.a", true],
])("a commit with the message %j brought what git says, asked: %p", async (message, asks) => {
  const { git, base, commit, user } = await open();
  const head = await commit({ a: "2\n", "d/b": "1\n" }, message);
  const asked: string[] = [];
  const counted: Git = {
    ...git,
    ask: (args, options) => {
      asked.push(args[0] ?? "");
      return git.ask(args, options);
    },
  };
  const brought = await broughtBetween(counted, base, head);
  const said = await user("log", "-1", "--format=%(trailers:key=Dgov-Task,valueonly,separator=%x2C)", head);
  expect([...brought]).toEqual([
    ["a", new Set([said])],
    ["d/b", new Set([said])],
  ]);
  expect(asked).toEqual(asks ? ["log"] : []);
});

test("a commit that may land is the one that git would make, and has its id", async () => {
  const { git, base, user } = await open();
  const [tree, at_ms] = [await user("rev-parse", "HEAD^{tree}"), 1_700_000_000_999];
  const words = {
    message: "\n Do it: \u00e9\u{1f642}\n\nBecause \t\n",
    trailers: { "Dgov-Run": "r1", "Dgov-Attempt": 2 },
    at_ms,
  };
  const commit = await landingCommit(git, { head: base, tree }, words);
  const stdin = "Do it: \u00e9\u{1f642}\n\nBecause\n\nDgov-Run: r1\nDgov-Attempt: 2\n";
  expect(await git.text(["commit-tree", tree, "-p", base], { stdin, at_ms })).toBe(commit);
  expect(await user("log", "-1", "--format=%T %P %an %ae %at %cn %ce %ct", commit)).toBe(
    `${tree} ${base} dgov dgov@localhost 1700000000 dgov dgov@localhost 1700000000`,
  );
  const broken = { ...words, message: "a\0b" };
  expect(landingCommit(git, { head: base, tree }, broken)).rejects.toThrow("its message has a NUL in it");
});
