import type { FilePlace } from "@dgov/semantic";
import type { Git } from "../git/git.ts";
import { textOf } from "../semantic/texts.ts";

/** Some lines of a file, numbered from `first`. `more`: how many were left out at the end. */
export type Excerpt = { first: number; lines: readonly string[]; more: number };

const LINES_MAX = 8;
const LINE_MAX_CHARS = 200;
const FILE_MAX_BYTES = 4 * 1024 * 1024;

/** The lines of a place as the tree has them; null: there is no such file, it is no text, or it is too long to be shown. */
export async function excerptOf(
  git: Pick<Git, "objects">,
  tree: string,
  { path, lines: [first, last] }: Pick<FilePlace, "path" | "lines">,
): Promise<Excerpt | null> {
  const lines = await linesOf(git, tree, path);
  return lines === null ? null : clipped(lines.slice(first - 1, last), first);
}

/** The first lines between git's markers, with them; null: there are none. */
export async function markedExcerpt(git: Pick<Git, "objects">, tree: string, path: string): Promise<Excerpt | null> {
  const lines = (await linesOf(git, tree, path)) ?? [];
  const start = lines.findIndex((line) => line.startsWith("<<<<<<< "));
  const end = lines.findIndex((line, at) => at > start && line.startsWith(">>>>>>> "));
  return start < 0 || end < 0 ? null : clipped(lines.slice(start, end + 1), start + 1, 2 * LINES_MAX);
}

async function linesOf(git: Pick<Git, "objects">, tree: string, path: string): Promise<string[] | null> {
  if (path === "" || /[\n\r]/.test(path)) return null;
  const [info] = await git.objects.info([`${tree}:${path}`]);
  if (info?.type !== "blob" || info.size_bytes > FILE_MAX_BYTES) return null;
  const { text } = textOf(await git.objects.content(info.oid));
  return text === null ? null : text.split(/\r?\n/);
}

function clipped(all: readonly string[], first: number, most = LINES_MAX): Excerpt {
  const shown = all.slice(0, most).map((line) => line.slice(0, LINE_MAX_CHARS));
  return { first, lines: shown, more: all.length - shown.length };
}
