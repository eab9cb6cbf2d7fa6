import { DgovError } from "../error.ts";
import { type Git, WHO } from "./git.ts";
import { writeObject } from "./write_object.ts";

/** What a commit says of itself. The trailers stand below the message. */
export type Words = { message: string; trailers: Readonly<Record<string, string | number>>; at_ms: number };

/** Makes the commit of a tree on top of the head, with which it may land. The same input gives the same commit. */
export async function landingCommit(
  git: Git,
  { head, tree }: { head: string; tree: string },
  { message, trailers, at_ms }: Words,
): Promise<string> {
  const lines = Object.entries(trailers).map(([key, value]) => `${key}: ${value}\n`);
  const words = `${message.trim()}\n\n${lines.join("")}`;
  if (words.includes("\0")) throw new DgovError("git_failed", "Cannot make a commit: its message has a NUL in it");
  const who = `${WHO} ${Math.floor(at_ms / 1000)} +0000`;
  const text = `tree ${tree}\nparent ${head}\nauthor ${who}\ncommitter ${who}\n\n${words}`;
  return await writeObject(git, { type: "commit", bytes: Buffer.from(text) }, head.length / 2);
}
