import type { FileChange } from "@dgov/semantic";
import type { Changes } from "@dgov/semantic/changes";
import { type Claimed, type Touches, touchesBetween } from "@dgov/semantic/touches";
import type { Git } from "../git/git.ts";
import { type Change, diffTrees } from "../git/tree_changes.ts";
import { type TreeViews, untilLoaded } from "./tree_views.ts";

/** Beside the objects, where all worktrees find it and no task may write. */
export const CACHE = "dgov-symbols.db";
/** Of a change that is larger nobody wants to know each symbol, and nobody waits for it. */
const FILES_MAX = 500;

export type Asked = { from: string; to: string; claimed: Claimed };

/** Which symbols are touched from one tree to another. Files of which only symbols are claimed come first. */
export async function touchesIn(git: Git, at: TreeViews, { from, to, claimed }: Asked): Promise<Touches> {
  const all = fileChanges(await diffTrees(git, from, to));
  const bySymbols = (file: FileChange) => claimed(pathOf(file)) !== null;
  const [files, rest] = bounded([...all.filter(bySymbols), ...all.filter((file) => !bySymbols(file))]);
  const found = await untilLoaded(at, () => touchesBetween(at.view(from), at.view(to), files, claimed));
  return { ...found, unknown: [...found.unknown, ...rest] };
}

/** Trees are compared by path: a file that was moved was removed, and another added. */
export const fileChanges = (changes: readonly Change[]): FileChange[] =>
  changes.map(({ path, kind }) => ({ from: kind === "added" ? null : path, to: kind === "deleted" ? null : path }));

export const pathOf = ({ from, to }: FileChange): string => to ?? from ?? "";

/** As many as somebody waits for, and the others as what is not known. */
export const bounded = (files: readonly FileChange[]): [FileChange[], Changes["unknown"]] => [
  files.slice(0, FILES_MAX),
  files.slice(FILES_MAX).map((file) => ({ path: pathOf(file), why: `more than ${FILES_MAX} files are changed` })),
];
