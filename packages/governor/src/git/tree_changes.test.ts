import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createGit, type Git, items } from "./git.ts";
import { diffTrees } from "./tree_changes.ts";

setDefaultTimeout(60_000);

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

async function repository(format: "sha1" | "sha256"): Promise<Git> {
  const root = mkdtempSync(join(tmpdir(), "dgov-changes-"));
  folders.push(root);
  const git = createGit(root);
  await git.ask(["init", "-q", "-b", "main", `--object-format=${format}`]);
  return git;
}

/** An entry of a folder as `mktree` takes it, the name in latin-1 for any bytes at all. */
type Node = { mode: string; oid: string } | { [name: string]: Node };

async function write(git: Git, folder: { [name: string]: Node }): Promise<string> {
  const rows: string[] = [];
  for (const [name, node] of Object.entries(folder)) {
    const { mode, oid } = isLeaf(node) ? node : { mode: "040000", oid: await write(git, node) };
    const type = mode === "040000" ? "tree" : mode === "160000" ? "commit" : "blob";
    // What stands in another repository is not in this one.
    rows.push(`${mode} ${type} ${type === "commit" ? oid.split("").reverse().join("") : oid}\t${name}\0`);
  }
  return git.text(["mktree", "-z", "--missing"], { stdin: Buffer.from(rows.join(""), "latin1") });
}

const isLeaf = (node: Node): node is { mode: string; oid: string } => typeof node.oid === "string";

/** What git's own comparison says, in its words. */
async function toldByGit(git: Git, from: string, to: string): Promise<string[]> {
  const { bytes } = await git.ask(["diff-tree", "-r", "-z", "--raw", "--no-renames", "--full-index", from, to]);
  const fields = items(bytes);
  return fields.flatMap((field, at) => (at % 2 === 0 ? [`${field.slice(1, -2)} ${fields[at + 1]}`] : []));
}

/** Numbers from 0 to 1 that are the same each time. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

// Names whose order depends on what stands there, and one of bytes that are no UTF-8.
const NAMES = ["a", "a.b", "a-b", "a0", "ab", "z", "\xc3\xa9", "\xff\xfe", "B", " "];
const MODES = ["100644", "100755", "120000", "160000"];

function grow(next: () => number, oids: readonly string[], depth: number): { [name: string]: Node } {
  const folder: { [name: string]: Node } = {};
  for (const name of NAMES) {
    const roll = next();
    const pick = <T>(of: readonly T[]) => of[Math.floor(next() * of.length)] as T; // none of them is empty
    if (roll < 0.3 && depth > 0) folder[name] = grow(next, oids, depth - 1);
    else if (roll < 0.7) folder[name] = { mode: pick(MODES), oid: pick(oids) };
  }
  return Object.keys(folder).length === 0 ? { a: { mode: "100644", oid: oids[0] ?? "" } } : folder;
}

/** The same tree with some of it another way. */
function bend(next: () => number, folder: { [name: string]: Node }, other: { [name: string]: Node }) {
  const bent: { [name: string]: Node } = {};
  for (const name of NAMES) {
    const [mine, theirs] = [folder[name], other[name]];
    const both = mine && theirs && !isLeaf(mine) && !isLeaf(theirs);
    const taken = both ? bend(next, mine, theirs) : next() < 0.3 ? theirs : mine;
    if (taken) bent[name] = taken;
  }
  return Object.keys(bent).length === 0 ? folder : bent;
}

test.each(["sha1", "sha256"] as const)("random trees of a %s repository differ as git says", async (format) => {
  const git = await repository(format);
  const next = random(7);
  const oids: string[] = [];
  for (const text of ["one", "two\n", ""]) oids.push(await git.text(["hash-object", "-w", "--stdin"], { stdin: text }));
  const sizes = new Map(oids.map((oid, at) => [oid, [3, 4, 0][at]]));
  let told = 0;
  for (let round = 0; round < 12; round++) {
    const from = grow(next, oids, 2);
    const [before, after] = [await write(git, from), await write(git, bend(next, from, grow(next, oids, 2)))];
    const changes = await diffTrees(git, before, after);
    const said = changes.map((one) => `${one.old_mode} ${one.new_mode} ${one.old_oid} ${one.new_oid} ${one.path}`);
    expect(said).toEqual(await toldByGit(git, before, after));
    for (const { kind, new_mode, new_oid, size_bytes } of changes)
      expect(size_bytes).toBe(kind === "gitlink" || new_mode === "000000" ? null : (sizes.get(new_oid) ?? null));
    told += said.length;
  }
  expect(told).toBeGreaterThan(200);
});

test("each kind of change has its name, and commits are compared by their trees", async () => {
  const git = await repository("sha1");
  const [one, two] = [
    await git.text(["hash-object", "-w", "--stdin"], { stdin: "one" }),
    await git.text(["hash-object", "-w", "--stdin"], { stdin: "two" }),
  ];
  const file = (oid: string, mode = "100644") => ({ mode, oid });
  const commit = async (tree: { [name: string]: Node }) =>
    git.text(["commit-tree", await write(git, tree), "-m", "x"], { at_ms: 0 });
  const same = { deep: { er: file(one) } };
  const from = await commit({
    ...same,
    edited: file(one),
    gone: file(one),
    mode: file(one),
    link: file(one),
    was: file(one),
  });
  const to = await commit({
    ...same,
    edited: file(two),
    come: file(one),
    mode: file(one, "100755"),
    link: file(one, "120000"),
    was: { folder: file(one) },
    module: file(one, "160000"),
  });
  const changes = await diffTrees(git, from, to);
  expect(changes.map(({ kind, path }) => `${kind} ${path}`)).toEqual([
    "added come",
    "modified edited",
    "deleted gone",
    "type link",
    "modified mode",
    "gitlink module",
    "deleted was",
    "added was/folder",
  ]);
  expect(await diffTrees(git, from, from)).toEqual([]);
  expect(diffTrees(git, from, "0".repeat(40))).rejects.toThrow("there is no such commit");
});
