import type { Side } from "../finding.ts";
import type { MergeConflict } from "../merge/merged.ts";
import type { TreeView } from "../tree_view.ts";

/** The four trees of a merge. Left is what is there already, right what comes. */
export type Tree = "base" | Side | "merged";
export type Trees = Readonly<Record<Tree, TreeView>>;

/** One file that a side changed against the base. `from` null: it was added; `to` null: removed; else maybe renamed. */
export type FileChange = { from: string | null; to: string | null };

/**
 * What nobody merged: neither git nor the merge by symbols. `reason`: a clause for a person. `symbols`: the units that the
 * merge by symbols says are in the way; none, where it did not look.
 */
export type Conflict = {
  path: string;
  reason: string;
  symbols: readonly Pick<MergeConflict, "key" | "kinds" | "sentence">[];
};

/**
 * What is known of a merge besides its trees.
 *
 * `changes`    all files a side changed against the base: nothing else is looked at, but for what they lead to
 * `conflicts`  their text in the merged tree is not to be relied on
 * `by_symbols` the files that were merged by symbols, and the keys of their units that were put together line by line
 * `called`     what a person calls the sides ("main", "task fix-login")
 */
export type Merge = {
  changes: Readonly<Record<Side, readonly FileChange[]>>;
  conflicts: readonly Conflict[];
  by_symbols: ReadonlyMap<string, readonly string[]>;
  called: Readonly<Record<Side, string>>;
};

/** A file of the merged tree that a side changed, with its path in the other trees; null: it is not there. */
export type MergedFile = {
  path: string;
  at: Readonly<Record<Exclude<Tree, "merged">, string | null>>;
  changed: Readonly<Record<Side, boolean>>;
};

export const SIDES: readonly Side[] = ["left", "right"];
export const other = (side: Side): Side => (side === "left" ? "right" : "left");

/** Every file of the merged tree that a side changed, in order of its path. */
export function mergedFiles(trees: Trees, { changes }: Merge): MergedFile[] {
  const moved = { left: byBase(changes.left), right: byBase(changes.right) };
  const added = SIDES.flatMap((side) => changes[side].flatMap(({ from, to }) => (from === null && to ? [to] : [])));
  const based = new Set([...moved.left.keys(), ...moved.right.keys()]);
  const in_ = (side: Side, from: string) => (moved[side].has(from) ? (moved[side].get(from) ?? null) : from);
  const files = [...based].flatMap((base): MergedFile[] => {
    const at = { base, left: in_("left", base), right: in_("right", base) };
    const path = at.left !== base ? at.left : at.right;
    const changed = { left: moved.left.has(base), right: moved.right.has(base) };
    return path === null || at.right === null ? [] : [{ path, at, changed }];
  });
  const known = new Set(files.map(({ path }) => path));
  for (const path of new Set(added)) {
    if (known.has(path)) continue;
    const there = (side: Side) => (trees[side].blob(path) === null ? null : path);
    const at = { base: null, left: there("left"), right: there("right") };
    files.push({ path, at, changed: { left: at.left !== null, right: at.right !== null } });
  }
  return files
    .filter(({ path }) => trees.merged.blob(path) !== null)
    .sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}

function byBase(changes: readonly FileChange[]): Map<string, string | null> {
  return new Map(changes.flatMap(({ from, to }) => (from === null ? [] : [[from, to] as const])));
}
