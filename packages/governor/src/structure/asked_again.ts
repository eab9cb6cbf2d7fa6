import type { FileShape } from "@dgov/semantic/shapes";
import type { Change } from "../git/tree_changes.ts";

/**
 * What is known of a tree.
 *
 * `settings` names of files that were looked for to find modules, and are none
 * `unkept`   how many paths have changed since the last tree that was written down; absent: it is that tree
 */
export type Known = { files: Record<string, FileShape>; settings: string[]; unkept?: number };

const NONE = "000000";
const WORD = /[\w$@-]+/;

/**
 * Files whose imports may mean other files after a change than before, though their own text is the same: a file that they
 * import is gone, or one came whose name is among their words. null: all of them, since what says where modules are has
 * changed.
 */
export function askedAgain({ files, settings }: Known, changes: readonly Change[]): string[] | null {
  const names = new Set(settings);
  if (changes.some(({ path }) => names.has(nameOf(path)))) return null;
  const came = changes.filter(({ old_mode }) => old_mode === NONE).map(({ path }) => path);
  const gone = new Set(changes.filter(({ new_mode }) => new_mode === NONE).map(({ path }) => path));
  if (came.length === 0 && gone.size === 0) return [];
  const words = new Set(came.flatMap(wordsOf));
  const endings = new Set([...came, ...gone].map(endingOf));
  return Object.entries(files).flatMap(([path, { imports, open }]) => {
    if (open === null) return endings.has(endingOf(path)) ? [path] : [];
    const meant = (file: string) => gone.has(file) || wordsOf(file).some((word) => words.has(word));
    return open.some((word) => words.has(word)) || imports.some(meant) ? [path] : [];
  });
}

/** The last part of a path. */
export const nameOf = (path: string): string => path.slice(path.lastIndexOf("/") + 1);
const endingOf = (path: string): string => /\.[^./]+$/.exec(path)?.[0] ?? "";

/** What an import may call a file: its own name, or that of its folder where it speaks for it. */
function wordsOf(path: string): string[] {
  const parts = path.split("/").slice(-2);
  return parts.flatMap((part) => WORD.exec(part)?.[0] ?? []);
}
