import type { FilePlace } from "@dgov/semantic";
import type { Git } from "../git/git.ts";
import { textOf } from "../semantic/read_files.ts";

/** Some lines of a file, numbered from `first`. `more`: how many were left out at the end. */
export type Excerpt = { first: number; lines: readonly string[]; more: number };

const LINES_MAX = 8;
const LINE_MAX_CHARS = 200;
const FILE_MAX_BYTES = 4 * 1024 * 1024;

/** The lines of a place as the tree has them; null: there is no such file, it is no text, or it is too long to be shown. */
export async function excerptOf(
  git: Pick<Git, "objects">,
  tree: string,
  { path, lines }: Pick<FilePlace, "path" | "lines">,
): Promise<Excerpt | null> {
  if (path === "" || /[\n\r]/.test(path)) return null;
  const [info] = await git.objects.info([`${tree}:${path}`]);
  if (info?.type !== "blob" || info.size_bytes > FILE_MAX_BYTES) return null;
  const { text } = textOf(await git.objects.content(info.oid));
  if (text === null) return null;
  const [first, last] = lines;
  const all = text.split(/\r?\n/).slice(first - 1, last);
  const shown = all.slice(0, LINES_MAX).map((line) => line.slice(0, LINE_MAX_CHARS));
  return { first, lines: shown, more: all.length - shown.length };
}
