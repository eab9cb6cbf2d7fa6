import { isUnreadable, type Readable } from "./readable.ts";

/** What programs say of a path that they could not open. None of ours depends on it: it finds the words for a note. */
const REFUSED =
  /No such file or directory|Permission denied|cannot (open|find|access|read|stat)|can't open|ENOENT|EACCES|: not found$/i;
const PATHS = /(?:^|[\s'"`:(=[])(\/[\w@%+.,~-][\w@%+.,~/-]*)/g;
const TOLD_MAX = 5;

/** A path that is not there and one that may not be read look alike from inside: the words say no more than is known. */
export const unreadableWords = (path: string): string =>
  `${path} is outside what this task may read; if the task needs it, the project can add it with [sandbox] read`;

/** HOME is replaced whatever may be read, so that a file of the user's own home is missed under a name nobody knows. */
const homeWords = (path: string): string =>
  `${path} is not there: HOME is a folder of this task's own, without the user's files; what the project needs of them belongs into the repository`;

/** What there is to say of paths that an output names in lines of refusal: outside of what may be read, or below HOME. */
export function unreadableNotes(output: string, readable: Readable | "all", home: string): string[] {
  const missed = refusedPaths(output).filter((path) => path.startsWith(`${home}/`));
  const notes = [...unreadableIn(output, readable).map(unreadableWords), ...missed.map(homeWords)];
  return [...new Set(notes)].slice(0, TOLD_MAX);
}

/** Paths that an output names in lines of refusal and that lie outside of what may be read, each once. */
export function unreadableIn(output: string, readable: Readable | "all"): string[] {
  if (readable === "all") return [];
  const outside = refusedPaths(output).filter((path) => isUnreadable(path, readable));
  return [...new Set(outside)].slice(0, TOLD_MAX);
}

function refusedPaths(output: string): string[] {
  const lines = output.split("\n").filter((line) => REFUSED.test(line));
  const paths = lines.flatMap((line) => [...line.matchAll(PATHS)].map(([, path = ""]) => path.replace(/[.,/-]+$/, "")));
  return paths.filter((path) => path !== "");
}
