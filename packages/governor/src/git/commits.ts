import type { Git } from "./git.ts";
import { knownOf } from "./known_objects.ts";

/** A commit as its object says. `message`: as UTF-8; null: it is in another encoding. */
export type Commit = { oid: string; parents: readonly string[]; message: string | null };

/** Of a longer way git says where it leads; it knows generations, and nobody reads so many commits for an answer. */
const LINE_MAX = 300;
const commits = knownOf<Commit | null>(2 * LINE_MAX);

/** null: there is no such commit, as where a clone is shallow. */
export const readCommit = (git: Pick<Git, "objects">, oid: string): Promise<Commit | null> =>
  commits(git, oid, async () => {
    const [info] = await git.objects.info([oid]);
    return info?.type === "commit" ? parseCommit(oid, await git.objects.content(info.oid)) : null;
  });

/**
 * The commits on the way from `base` to `head`, the youngest first, where each has one parent: then there are no others that
 * `head` has and `base` has not. null: it is another way, or too long a one, and git has to be asked.
 */
export async function lineBetween(git: Pick<Git, "objects">, base: string, head: string): Promise<Commit[] | null> {
  const line: Commit[] = [];
  for (let at = head; at !== base; ) {
    const commit = line.length < LINE_MAX ? await readCommit(git, at) : null;
    const [parent, ...others] = commit?.parents ?? [];
    if (commit === null || parent === undefined || others.length > 0) return null;
    line.push(commit);
    at = parent;
  }
  return line;
}

/** Lines of a key and a value up to an empty one; lines that begin with a space go on with the one before. */
function parseCommit(oid: string, bytes: Uint8Array): Commit {
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  const end = text.indexOf("\n\n");
  const head = (end < 0 ? text : text.slice(0, end)).split("\n");
  const parents = head.flatMap((line) => (line.startsWith("parent ") ? [line.slice("parent ".length)] : []));
  const isOther = head.some((line) => line.startsWith("encoding ")) || text.includes("\ufffd");
  return { oid, parents, message: isOther ? null : end < 0 ? "" : text.slice(end + 2) };
}
