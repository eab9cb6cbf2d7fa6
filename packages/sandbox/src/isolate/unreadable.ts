import { isUnreadable, type Readable } from "./readable.ts";

/** What programs say of a path that they could not open. None of ours depends on it: it finds the words for a note. */
const REFUSED =
  /No such file or directory|Permission denied|cannot (open|find|access|read|stat)|can't open|ENOENT|EACCES/i;
const PATHS = /(?:^|[\s'"`:(=[])(\/[\w@%+.,~-][\w@%+.,~/-]*)/g;
const TOLD_MAX = 5;

/** A path that is not there and one that may not be read look alike from inside: the words say no more than is known. */
export const unreadableWords = (path: string): string =>
  `${path} is outside what this task may read; if the task needs it, the project can add it with [sandbox] read`;

/** Paths that an output names in lines of refusal and that lie outside of what may be read, each once. */
export function unreadableIn(output: string, readable: Readable | "all"): string[] {
  if (readable === "all") return [];
  const lines = output.split("\n").filter((line) => REFUSED.test(line));
  const paths = lines.flatMap((line) => [...line.matchAll(PATHS)].map(([, path = ""]) => path.replace(/[.,/-]+$/, "")));
  const outside = paths.filter((path) => path !== "" && isUnreadable(path, readable));
  return [...new Set(outside)].slice(0, TOLD_MAX);
}
