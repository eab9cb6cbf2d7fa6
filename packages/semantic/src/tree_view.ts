import type { Summary } from "./summary.ts";

/**
 * What is known of a file: what it says; or why nothing is known of it, as a clause (binary, no grammar, too long …).
 * `text` null: it is none, or too long to be looked at.
 */
export type FileView = { text: string; summary: Summary } | { text: string | null; unknown: string };

/**
 * A tree as the checks see it. All of it is at hand when it is asked: whoever makes a view loads what was asked for and
 * not there, and asks again (see `untilLoaded`). Paths are relative, with "/".
 *
 * `blob`    the id of a file's content; null: there is no such file. Two files with one id are the same
 * `folder`  the names in a folder, those of folders with a "/" behind; null: there is no such folder. "": the whole tree
 * `file`    null: there is no such file
 */
export type TreeView = {
  blob(path: string): string | null;
  folder(path: string): readonly string[] | null;
  file(path: string): FileView | null;
};
