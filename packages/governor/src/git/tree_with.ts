import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Git } from "./git.ts";

/**
 * A tree, or that of a commit, with these texts as files in it, whatever stood under their paths; null: without the file.
 * Nothing but objects is written.
 */
export async function treeWith(
  git: Git,
  tree: string,
  files: Readonly<Record<string, string | null>>,
): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), `dgov-private-${process.pid}-`)); // so that a later run removes it
  const index_file = join(folder, "index");
  try {
    await git.ask(["read-tree", tree], { index_file });
    const rows = Object.entries(files).map(async ([path, text]) => {
      if (text === null) return `0 ${"0".repeat(tree.length)}\t${path}\0`;
      const oid = await git.text(["hash-object", "-w", "--stdin"], { stdin: text, plumbing: true });
      return `100644 ${oid}\t${path}\0`;
    });
    const stdin = (await Promise.all(rows)).join("");
    if (stdin !== "")
      await git.ask(["update-index", "-z", "--add", "--replace", "--index-info"], { index_file, stdin });
    return await git.text(["write-tree"], { index_file });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
