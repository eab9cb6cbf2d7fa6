import type { Git } from "./git.ts";

/** Lines that differ between two texts. `from` and `to` count from 1; with a count of 0 it is the line before the place. */
export type Hunk = { from: number; from_count: number; to: number; to_count: number };

/** What differs between two trees or commits, by path and line, in order. Files that are not text have no lines. */
export async function lineChanges(git: Git, from: string, to: string): Promise<Map<string, Hunk[]>> {
  const args = [
    "diff-tree",
    "-r",
    "-p",
    "--unified=0",
    "--no-renames",
    "--no-color",
    "--no-ext-diff",
    "--no-textconv",
    "--text", // no attribute of a checkout says what has lines
    "--src-prefix=a/",
    "--dst-prefix=b/",
    from,
    to,
  ];
  const text = new TextDecoder().decode((await git.ask(args)).bytes);
  const found = new Map<string, Hunk[]>();
  let hunks: Hunk[] = [];
  let left = 0; // lines of the hunk that are still to come: they may look like anything
  for (const line of text.split("\n")) {
    if (left > 0) {
      left -= line.startsWith("\\") ? 0 : 1;
      continue;
    }
    if (line.startsWith("+++ ")) {
      hunks = []; // also of a file that is gone, which has no name here
      const file = fileOf(line);
      if (file !== null) found.set(file, hunks);
    }
    const hunk = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/.exec(line);
    if (!hunk) continue;
    const [from_line, from_count, to_line, to_count] = [hunk[1], hunk[2] ?? 1, hunk[3], hunk[4] ?? 1].map(Number);
    hunks.push({ from: from_line ?? 0, from_count: from_count ?? 0, to: to_line ?? 0, to_count: to_count ?? 0 });
    left = (from_count ?? 0) + (to_count ?? 0);
  }
  return found;
}

/** The file that a line names as the new one, or null. Names with control characters, quotes or backslashes are quoted as in C. */
function fileOf(line: string): string | null {
  const plain = /^\+\+\+ b\/(.*?)\t?$/.exec(line)?.[1];
  const quoted = /^\+\+\+ "b\/(.*)"\t?$/.exec(line)?.[1];
  return plain ?? quoted?.replace(/\\(?:([0-7]{3})|(.))/g, unquoted) ?? null;
}

const unquoted = (_: string, octal: string | undefined, letter: string): string =>
  octal === undefined ? (LETTERS[letter] ?? letter) : String.fromCharCode(Number.parseInt(octal, 8));
const LETTERS: Readonly<Record<string, string>> = { a: "\x07", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t", v: "\v" };

/** Lines (from 1, in the new text) that a tree has and the old one has not, by path. */
export async function addedLines(git: Git, from: string, to: string): Promise<Map<string, Set<number>>> {
  const changed = await lineChanges(git, from, to);
  return new Map([...changed].map(([path, hunks]) => [path, new Set(hunks.flatMap(linesOf))]));
}

const linesOf = ({ to, to_count }: Hunk): number[] => Array.from({ length: to_count }, (_, at) => to + at);
