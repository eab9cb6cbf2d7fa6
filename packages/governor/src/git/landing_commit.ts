import type { Git } from "./git.ts";

/** What a commit says of itself. The trailers stand below the message. */
export type Words = { message: string; trailers: Readonly<Record<string, string | number>>; at_ms: number };

/** Makes the commit of a tree on top of the head, with which it may land. The same input gives the same commit. */
export async function landingCommit(
  git: Git,
  { head, tree }: { head: string; tree: string },
  { message, trailers, at_ms }: Words,
): Promise<string> {
  const lines = Object.entries(trailers).map(([key, value]) => `${key}: ${value}\n`);
  const stdin = `${message.trim()}\n\n${lines.join("")}`;
  return await git.text(["commit-tree", tree, "-p", head], { stdin, at_ms });
}
