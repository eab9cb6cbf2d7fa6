import { filesNamedIn } from "@dgov/semantic/api_files";
import type { Git } from "../git/git.ts";
import { textOf } from "./texts.ts";

/** More files than that, and the rest is missed: a reference to one of them is told to lead to nothing. */
const FILES_MAX = 500;
/** A larger file is not read: what belongs to it is told to be unreadable. */
const FILE_MAX_BYTES = 16 * 1024 * 1024;

/** A document and the files that it refers to, as a tree has them. `key`: the same where all of them are. */
export type ApiFiles = { files: Readonly<Record<string, string>>; key: string };

/**
 * Reads a document of a tree with all that it refers to in the repository. Links are not followed, and nothing is fetched.
 *
 * @param tree a tree or a commit
 * @returns null where the tree has no such file; words where one is no text
 */
export async function apiFilesAt(
  git: Pick<Git, "objects">,
  tree: string,
  root: string,
): Promise<ApiFiles | string | null> {
  const files: Record<string, string> = {};
  const keys: string[] = [];
  const wanted = [root];
  for (const path of wanted) {
    const read = await readText(git, tree, path);
    if (read === null && path === root) return null;
    if (read === null) continue; // who refers to it is told
    if ("not_text" in read) return `"${path}" ${read.not_text}`;
    files[path] = read.text;
    keys.push(`${read.oid} ${path}`);
    for (const named of filesNamedIn(path, read.text))
      if (wanted.length < FILES_MAX && !wanted.includes(named)) wanted.push(named);
  }
  return { files, key: keys.sort().join("\n") };
}

type Read = { text: string; oid: string } | { not_text: string };

async function readText(git: Pick<Git, "objects">, tree: string, path: string): Promise<Read | null> {
  if (path.includes("\n")) return null;
  const [found] = await git.objects.info([`${tree}:${path}`]);
  if (found?.type !== "blob") return null;
  if (found.size_bytes > FILE_MAX_BYTES) return { not_text: `has more than ${FILE_MAX_BYTES / 1024 / 1024} MiB` };
  const { oid } = found;
  const read = textOf(await git.objects.content(oid));
  return read.text === null ? { not_text: `cannot be read: ${read.unknown}` } : { text: read.text, oid };
}
