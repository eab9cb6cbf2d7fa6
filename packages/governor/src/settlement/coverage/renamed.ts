import type { Git } from "../../git/git.ts";

/** Files that git takes for renamed from one tree or commit to another, by their contents: old path → new path. */
export async function renamedFiles(git: Git, from: string, to: string): Promise<Map<string, string>> {
  const { bytes } = await git.ask(["diff-tree", "-r", "-z", "-M", "--diff-filter=R", "--name-status", from, to]);
  const words = new TextDecoder().decode(bytes).split("\0").filter(Boolean);
  const renamed = new Map<string, string>();
  for (let at = 0; at + 2 < words.length; at += 3) renamed.set(words[at + 1] ?? "", words[at + 2] ?? "");
  return renamed;
}
