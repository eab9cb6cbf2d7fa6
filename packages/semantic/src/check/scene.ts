import type { Contents } from "../linker/contents.ts";
import { type Effort, UNLIMITED } from "../linker/effort.ts";
import { type Linker, openLinker } from "../linker/linker.ts";
import type { RulesOf } from "../linker/rules.ts";
import type { TreeView } from "../tree_view.ts";
import { type Merge, type MergedFile, mergedFiles, SIDES, type Tree, type Trees } from "./trees.ts";

/** All that a check sees. `files` have a text that parses, in all trees in which they are; the others are `unchecked`. */
export type Scene = {
  trees: Trees;
  merge: Merge;
  link: Readonly<Record<Tree, Linker>>;
  files: readonly MergedFile[];
  unchecked: readonly { path: string; why: string }[];
};

export function openScene(trees: Trees, merge: Merge, rulesOf: RulesOf, effort: Effort = UNLIMITED): Scene {
  const conflicts = new Set(merge.conflicts.map(({ path }) => path));
  const link = {
    base: openLinker(trees.base, rulesOf, effort),
    left: openLinker(trees.left, rulesOf, effort),
    right: openLinker(trees.right, rulesOf, effort),
    merged: openLinker(withoutConflicts(trees.merged, conflicts), rulesOf, effort),
  };
  const files: MergedFile[] = [];
  const unchecked: { path: string; why: string }[] = [];
  for (const file of mergedFiles(trees, merge)) {
    const why = conflicts.has(file.path) ? "it is in conflict" : whyUnchecked(trees, file);
    if (why === null) files.push(file);
    else unchecked.push({ path: file.path, why });
  }
  return { trees, merge, link, files, unchecked };
}

/** What is in conflict says nothing yet: what it gives to others may well be in what a person makes of it. */
function withoutConflicts(view: TreeView, conflicts: ReadonlySet<string>): TreeView {
  return {
    ...view,
    file: (path) => (conflicts.has(path) ? { text: null, unknown: "it is in conflict" } : view.file(path)),
  };
}

/** null: it can be checked. What is at fault in the merged tree alone is a finding, and no reason to skip a file. */
function whyUnchecked(trees: Trees, { path, at }: MergedFile): string | null {
  const places = [["merged", path], ...Object.entries(at)] as [Tree, string | null][];
  for (const [tree, where] of places) {
    const file = where === null ? null : trees[tree].file(where);
    if (!file) continue;
    if ("unknown" in file) return file.unknown;
    if (file.summary.faults.length > 0 && tree !== "base") return `it does not parse in ${tree}`;
  }
  return null;
}

/** What a file says in one of the trees; null: it is not there, or nothing is known of it. */
export function contentsIn(scene: Scene, tree: Tree, file: MergedFile): Contents | null {
  const path = pathIn(file, tree);
  return path === null ? null : scene.link[tree].contents(path);
}

export function pathIn(file: MergedFile, tree: Tree): string | null {
  return tree === "merged" ? file.path : file.at[tree];
}

/** The sides whose version of a file is not what the merged tree has: there a merge made something new. */
export function isMerged(scene: Scene, file: MergedFile): boolean {
  const blob = scene.trees.merged.blob(file.path);
  return SIDES.every((side) => file.at[side] === null || scene.trees[side].blob(file.at[side]) !== blob);
}
