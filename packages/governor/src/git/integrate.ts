import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Git, items } from "./git.ts";
import { mergeTrees } from "./merge_trees.ts";
import { type Change, diffTrees } from "./tree_changes.ts";
import { treeOf } from "./tree_object.ts";

/** A path on which two changes of the same base do not go together. `renamed`: the target moved a file that the work edits. */
export type Conflict = {
  path: string;
  kind: "content" | "add_add" | "modify_delete" | "renamed" | "other";
  blobs: Readonly<Record<"base" | "ours" | "theirs", Blob | null>>;
};
type Blob = { mode: string; oid: string };

/**
 * What is tried where git finds only texts that do not go together: the merged content of each of these paths, or null to
 * leave it a conflict. All of them are plain files with one mode.
 */
export type Mend = (conflicts: readonly Conflict[]) => Promise<ReadonlyMap<string, Uint8Array> | null>;

/**
 * What a candidate is on top of the target's head. `mended` are the paths that git could not merge. `already`: the head has
 * all of it, and `tree` is its own.
 */
export type Integrated =
  | { kind: "clean"; tree: string; mended: readonly string[] }
  | { kind: "already"; tree: string }
  | { kind: "conflict"; conflicts: Conflict[] };

/**
 * `base`      the commit the candidate was made from
 * `candidate` the candidate's commit, `base` its only parent
 * `head`      the target's head
 */
export type Integration = {
  base: string;
  candidate: string;
  head: string;
  mend?: Mend;
};

/** Puts a candidate on top of the target's head, in memory: no checkout is touched. The same input gives the same tree. */
export async function integrate(git: Git, { base, candidate, head, mend }: Integration): Promise<Integrated> {
  const sides = { base, ours: head, theirs: candidate, at_ms: 0 };
  const [first, before] = await Promise.all([merge(git, sides), treeOf(git, head)]);
  const merged = "conflicts" in first && mend ? await mended(git, sides, { ...first, mend }) : first;
  if ("conflicts" in merged) return { kind: "conflict", conflicts: merged.conflicts };
  const { tree } = merged;
  if (tree === before) return { kind: "already", tree };
  return { kind: "clean", tree, mended: merged.mended ?? [] };
}

/**
 * The kept work of an attempt, moved from its base (the commit's only parent) to a new head, as a tree. All of the work
 * is kept, also what a process that was killed could not put back; `only` says what of it is gone on from.
 *
 * @returns null when it does not go together with what has landed since
 */
export async function carryOver(
  git: Git,
  { kept, head, only }: { kept: string; head: string; only: (path: string) => boolean },
): Promise<string | null> {
  const base = await git.text(["rev-parse", `${kept}^`]);
  const strays = (await diffTrees(git, base, kept)).filter(({ path }) => !only(path));
  const theirs = strays.length === 0 ? kept : await without(git, { base, kept, strays });
  const merged = await merge(git, { base, ours: head, theirs, at_ms: 0 });
  return "conflicts" in merged ? null : merged.tree;
}

/** The kept commit, but some paths as the base has them. */
async function without(
  git: Git,
  { base, kept, strays }: { base: string; kept: string; strays: readonly Change[] },
): Promise<string> {
  const entries = strays.map(({ old_mode, old_oid, path }) => ({ mode: old_mode, oid: old_oid, path }));
  const tree = await changedTree(git, kept, entries);
  return await git.text(["commit-tree", tree, "-p", base, "-m", "claimed work"], { at_ms: 0 });
}

/** A tree with other contents at some paths; a mode of zeros: with none there. */
export async function changedTree(
  git: Git,
  from: string,
  entries: readonly { mode: string; oid: string; path: string }[],
): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "dgov-index-"));
  const index_file = join(folder, "index");
  try {
    await git.ask(["read-tree", from], { index_file });
    const stdin = entries.map(({ mode, oid, path }) => `${Number(mode) === 0 ? 0 : mode} ${oid}\t${path}\0`);
    await git.ask(["update-index", "-z", "--index-info"], { index_file, stdin: stdin.join("") });
    return await git.text(["write-tree"], { index_file });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

type Sides = { base: string; ours: string; theirs: string; at_ms: number };
/** `tree` of conflicts is what git could merge; null: there is none to go on from. */
type Conflicts = { tree: string | null; conflicts: Conflict[] };
type Merged = { tree: string; mended?: readonly string[] };

/** Goes on from what git could merge, with other contents where it could not. */
async function mended(
  git: Git,
  sides: Sides,
  { tree, conflicts, mend }: Conflicts & { mend: Mend },
): Promise<Merged | Conflicts> {
  if (tree === null || !conflicts.every(isPlainText)) return { tree, conflicts };
  const contents = await mend(conflicts);
  if (contents === null) return { tree, conflicts };
  const entries = await Promise.all(
    conflicts.map(async ({ path, blobs }) => {
      const content = contents.get(path);
      if (content === undefined) throw new Error(`Nothing was merged for "${path}"`);
      const oid = await git.text(["hash-object", "-w", "--stdin"], { stdin: content });
      return { mode: blobs.ours?.mode ?? "", oid, path };
    }),
  );
  const whole = await changedTree(git, tree, entries);
  const strays = await followed(git, { ...sides, tree: whole });
  if (strays.length > 0) return { tree, conflicts: strays.map(renamed) };
  return { tree: whole, mended: entries.map(({ path }) => path) };
}

/** Plain files, or programs, on both sides and in the base if it has one. */
export function isPlainText({ kind, blobs: { base, ours, theirs } }: Conflict): boolean {
  if (kind !== "content" && kind !== "add_add") return false;
  const modes = new Set([base, ours, theirs].flatMap((blob) => (blob === null ? [] : [blob.mode])));
  return modes.size === 1 && /^100/.test([...modes][0] ?? "");
}

const renamed = (path: string): Conflict => ({
  path,
  kind: "renamed",
  blobs: { base: null, ours: null, theirs: null },
});

/** Git's three-way merge, file by file, and no attribute of any checkout picks a driver. */
async function merge(git: Git, { base, ours, theirs, at_ms }: Sides): Promise<Merged | Conflicts> {
  if (ours === base) return { tree: await treeOf(git, theirs) };
  const apart = await mergeApart(git, { base, ours, theirs });
  if (apart !== null) return { tree: apart };
  const bases = await git.text(["merge-base", "--all", ours, theirs]).catch(() => "");
  const sides = bases === base ? [ours, theirs] : await regrown(git, { base, ours, theirs, at_ms });
  const { exit, bytes } = await git.ask(["merge-tree", "--write-tree", "-z", "--no-messages", ...sides], {
    bare: true,
    ok: [0, 1],
  });
  const [tree = "", ...entries] = items(bytes);
  if (exit !== 0) return { tree, conflicts: conflictsOf(entries) };
  const strays = await followed(git, { base, ours, theirs, tree });
  return strays.length === 0 ? { tree } : { tree: null, conflicts: strays.map(renamed) };
}

/**
 * Where each side changed files of its own, and none is gone that could have been renamed, git would say nothing else.
 *
 * @returns null: git has to be asked
 */
async function mergeApart(git: Git, { base, ours, theirs }: Omit<Sides, "at_ms">): Promise<string | null> {
  const [left, right] = await Promise.all([diffTrees(git, base, ours), diffTrees(git, base, theirs)]);
  if (![...left, ...right].every(({ kind }) => kind === "added" || kind === "modified")) return null;
  const [before, ...sides] = await Promise.all([base, ours, theirs].map((commit) => treeOf(git, commit)));
  const [one, other] = sides;
  return before && one && other ? mergeTrees(git, { base: before, ours: one, theirs: other }) : null;
}

/**
 * Paths that the merge changed and the work did not: git followed a rename, which older versions cannot be told not to do.
 * A task owns paths, so its edit must not land in another file than the one it was judged for.
 */
async function followed(
  git: Git,
  { base, ours, theirs, tree }: { base: string; ours: string; theirs: string; tree: string },
): Promise<string[]> {
  const [worked, merged] = await Promise.all([diffTrees(git, base, theirs), diffTrees(git, ours, tree)]);
  const own = new Set(worked.map(({ path }) => path));
  return merged.map(({ path }) => path).filter((path) => !own.has(path));
}

/** Two commits with the same trees as the sides, whose only common history is the base: for a target that was rewritten. */
async function regrown(git: Git, { base, ours, theirs, at_ms }: Sides): Promise<string[]> {
  const root = await git.text(["commit-tree", `${base}^{tree}`, "-m", "base"], { at_ms });
  const side = (of: string) => git.text(["commit-tree", `${of}^{tree}`, "-p", root, "-m", "side"], { at_ms });
  return Promise.all([side(ours), side(theirs)]);
}

/** Each entry is `mode oid stage TAB path`: which of base (1), ours (2) and theirs (3) have the path tells the kind. */
export function conflictsOf(entries: readonly string[]): Conflict[] {
  const stages = new Map<string, Map<string, Blob>>();
  for (const entry of entries) {
    const match = /^(\d{6}) ([0-9a-f]+) ([123])\t([\s\S]+)$/.exec(entry);
    if (!match) continue;
    const [, mode = "", oid = "", stage = "", path = ""] = match;
    stages.set(path, (stages.get(path) ?? new Map<string, Blob>()).set(stage, { mode, oid }));
  }
  const kinds: Record<string, Conflict["kind"]> = {
    "123": "content",
    "23": "add_add",
    "12": "modify_delete",
    "13": "modify_delete",
  };
  return [...stages].map(([path, had]) => ({
    path,
    kind: kinds[[...had.keys()].sort().join("")] ?? "other",
    blobs: { base: had.get("1") ?? null, ours: had.get("2") ?? null, theirs: had.get("3") ?? null },
  }));
}
