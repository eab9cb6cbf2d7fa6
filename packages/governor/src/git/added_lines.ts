import type { Git } from "./git.ts";

/** Lines (from 1, in the new text) that a tree has and the old one has not, by path. */
export async function addedLines(git: Git, from: string, to: string): Promise<Map<string, Set<number>>> {
  const args = [
    "diff-tree",
    "-r",
    "-p",
    "--unified=0",
    "--no-renames",
    "--no-color",
    "--no-ext-diff",
    "--no-textconv",
    "--src-prefix=a/",
    "--dst-prefix=b/",
    from,
    to,
  ];
  const text = new TextDecoder().decode((await git.ask(args)).bytes);
  const found = new Map<string, Set<number>>();
  let lines: Set<number> = new Set();
  for (const line of text.split("\n")) {
    const file = /^\+\+\+ b\/(.*?)\t?$/.exec(line)?.[1];
    if (file !== undefined) {
      lines = new Set();
      found.set(file, lines);
    }
    const hunk = /^@@ -\S+ \+(\d+)(?:,(\d+))? @@/.exec(line);
    if (!hunk) continue;
    const first = Number(hunk[1]);
    for (let at = 0; at < Number(hunk[2] ?? 1); at++) lines.add(first + at);
  }
  return found;
}
