import { createHash } from "node:crypto";
import type { Git } from "./git.ts";
import { readTree, type TreeEntry, treeOf } from "./tree_object.ts";

/**
 * What stands under each of these paths in a commit or tree: the sha-256 (hex) of its bytes. null: no file does, as where there is
 * a link, whatever it says or leads to.
 */
export async function filesAt(
  git: Pick<Git, "objects">,
  at: string,
  paths: readonly string[],
): Promise<Map<string, string | null>> {
  const root = await treeOf(git, at);
  const found = new Map<string, string | null>();
  for (const path of paths) {
    const entry = await entryIn(git, root, path.split("/"));
    const isFile = entry?.kind === "file" || entry?.kind === "program";
    found.set(path, isFile ? sha256(await git.objects.content(entry.oid)) : null);
  }
  return found;
}

async function entryIn(
  git: Pick<Git, "objects">,
  folder: string,
  [name = "", ...rest]: string[],
): Promise<TreeEntry | null> {
  const entry = (await readTree(git, folder)).get(name) ?? null;
  if (rest.length === 0) return entry;
  return entry?.kind === "folder" ? await entryIn(git, entry.oid, rest) : null;
}

export const sha256 = (bytes: Uint8Array | string): string => createHash("sha256").update(bytes).digest("hex");
