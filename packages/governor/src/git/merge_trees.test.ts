import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Git } from "./git.ts";
import { integrate } from "./integrate.ts";
import { mergeTrees } from "./merge_trees.ts";
import { type Content, type Repository, repository } from "./testing/repository.ts";
import { treeOf } from "./tree_object.ts";
import { oidOf, writeObject } from "./write_object.ts";

setDefaultTimeout(60_000);

const made: Repository[] = [];
afterEach(() => {
  for (const one of made.splice(0)) one.remove();
});

type Files = Record<string, Content | null>;
/** The merge of what two branches did: ours, git's, and with it whether the two are one. */
async function merged(base: Files, target: Files, work: Files) {
  const repo = await repository(base);
  made.push(repo);
  const { git, user } = repo;
  const at = await user("rev-parse", "HEAD");
  await user("switch", "-q", "-c", "work");
  const candidate = await repo.commit(work);
  await user("switch", "-q", "main");
  const head = await repo.commit(target);
  const [before, ours, theirs] = await Promise.all([at, head, candidate].map((commit) => treeOf(git, commit)));
  const own = await mergeTrees(git, { base: before ?? "", ours: ours ?? "", theirs: theirs ?? "" });
  const asked: string[] = [];
  const counted: Git = {
    ...git,
    ask: (args, options) => {
      asked.push(args[0] ?? "");
      return git.ask(args, options);
    },
  };
  const gits = await user("merge-tree", "--write-tree", head, candidate).catch(() => null);
  return { repo, own, gits, result: await integrate(counted, { base: at, head, candidate }), asked };
}

const BASE: Files = { a: "1\n", "d/a": "1\n", "d/e/a": "1\n", "d.x": "1\n", "z/a": "1\n", run: { run: "#!/bin/sh\n" } };
test.each<[string, Files, Files]>([
  ["files beside each other", { a: "2\n" }, { run: { run: "#!/bin/sh\nexit\n" } }],
  ["files of one folder, and of one in it", { "d/a": "2\n", "z/a": "2\n" }, { "d/e/a": "2\n", "d/b": "1\n" }],
  [
    "new folders, whose order is not that of their names",
    { "d-": "1\n", d0: "1\n" },
    { "d/f/g": "1\n", e: { link: "a" } },
  ],
  ["the same change on both sides, and one more", { a: "2\n", "d/a": "2\n" }, { a: "2\n", "d/b": "2\n" }],
  ["a file that is a program now, with the same content", { "z/b": "1\n" }, { "z/a": { run: "1\n" } }],
  ["names of any bytes", { "d/\u00e9": "1\n", "d/a b\n": "1\n" }, { "d/\u{1f642}": "1\n", "d/\u00e8": "1\n" }],
])("%s are put together as git does it", async (_, target, work) => {
  const { repo, own, gits, result, asked } = await merged(BASE, target, work);
  expect(own).not.toBeNull();
  expect(own).toBe(gits);
  expect(result).toMatchObject({ kind: "clean", tree: gits });
  expect(asked).toEqual([]);
  expect(await repo.user("fsck", "--strict", "--no-dangling")).toBe("");
});

test.each<[string, Files, Files]>([
  ["lines of one file", { a: "0\n1\n" }, { a: "1\n2\n" }],
  ["a file where the other side has a folder", { n: "1\n" }, { "n/a": "1\n" }],
  ["another file under the same name", { n: "1\n" }, { n: "2\n" }],
  ["a folder that both of them made", { "n/a": "1\n" }, { "n/b": "2\n" }],
  ["a file that one removed and the other changed", { a: null }, { a: "2\n" }],
])("%s are left to git", async (_, target, work) => {
  expect((await merged(BASE, target, work)).own).toBeNull();
});

test("where something is gone it may have been renamed, and git is asked, whatever can be put together here", async () => {
  const LONG = Array.from({ length: 30 }, (_, at) => `line ${at}\n`).join("");
  const { own, result, asked } = await merged(
    { "old/a": LONG, "old/b": LONG },
    { "old/a": null, "new/a": LONG },
    { "old/b": "x\n" },
  );
  expect(own).not.toBeNull();
  expect(result).toMatchObject({ kind: "clean", tree: own });
  expect(asked).toEqual(["merge-tree"]);
  const moved = await merged(
    { "old/a": LONG, b: "1\n" },
    { "old/a": null, "new/a": LONG },
    { "old/a": `${LONG}more\n` },
  );
  expect(moved.result.kind).toBe("conflict");
});

/** A generator of numbers below `most`, the same ones for a seed. */
const numbers = (seed: number) => {
  const state = { at: seed };
  return (most: number): number => {
    state.at = (state.at * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state.at / 2_147_483_648) * most);
  };
};

test("of changes by chance what is said here is what git says", async () => {
  const said: boolean[] = [];
  for (let seed = 1; seed <= 12; seed++) {
    const next = numbers(seed);
    const path = () => ["a", "b", "c/a", "c/b", "c/d/a", "e", "f/a"][next(7)] ?? "a";
    const some = (most: number, value: string) =>
      Object.fromEntries(Array.from({ length: 1 + next(most) }, () => [path(), `${value}\n`]));
    const base = { keep: "1\n", "c/keep": "1\n", ...some(4, "base") };
    const { own, gits } = await merged(base, some(2, "ours"), some(2, "theirs"));
    said.push(own !== null);
    if (own !== null) expect(gits).toBe(own);
  }
  expect(new Set(said)).toEqual(new Set([true, false]));
});

test("an object is written as git writes it, also a second time, and fsck has nothing to say", async () => {
  const repo = await repository({ a: "1\n" });
  made.push(repo);
  const { git, root, user } = repo;
  const bytes = Buffer.from(await user("cat-file", "commit", "HEAD"));
  const other = Buffer.concat([bytes, Buffer.from("\nand more\n")]);
  const oid = await git.text(["hash-object", "-t", "commit", "--stdin"], { stdin: other });
  for (const _ of [1, 2]) expect(await writeObject(git, { type: "commit", bytes: other }, 20)).toBe(oid);
  expect(oidOf("commit", other, 32)).toHaveLength(64);
  expect(await user("cat-file", "commit", oid)).toBe(other.toString().trimEnd());
  const folder = join(root, ".git/objects", oid.slice(0, 2));
  expect(statSync(join(folder, oid.slice(2))).mode & 0o777).toBe(0o444);
  expect(readdirSync(folder)).toEqual([oid.slice(2)]);
  expect(await user("fsck", "--strict", "--no-dangling")).toBe("");
});

test("what a repository says of how its files are written is for git to do", async () => {
  const repo = await repository({ a: "1\n" });
  made.push(repo);
  const { git, root, user } = repo;
  const write = async (mark: string) => {
    const text = `${await user("cat-file", "commit", "HEAD")}\n${mark}\n`;
    const oid = await writeObject(git, { type: "commit", bytes: Buffer.from(text) }, 20);
    return statSync(join(root, ".git/objects", oid.slice(0, 2), oid.slice(2))).mode & 0o777;
  };
  await user("config", "core.fileMode", "true");
  expect([await git.writesPlainly(), await write("alone")]).toEqual([true, 0o444]);
  await user("config", "core.sharedRepository", "0640");
  expect([await git.writesPlainly(), await write("shared")]).toEqual([false, 0o440]);
});

test("where no object can be written, it is said", async () => {
  const repo = await repository({ a: "1\n" });
  made.push(repo);
  const bytes = Buffer.from(`tree ${"0".repeat(40)}\n`);
  const oid = oidOf("commit", bytes, 20);
  repo.write({ [`.git/objects/${oid.slice(0, 2)}`]: "in the way" });
  expect(writeObject(repo.git, { type: "commit", bytes }, 20)).rejects.toThrow(`Cannot write the object "${oid}"`);
});
