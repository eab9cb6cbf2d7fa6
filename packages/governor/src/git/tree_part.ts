import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Git } from "./git.ts";

/**
 * The tree of some files of a tree or commit: its id says whether any of them differ between two trees. `paths` are those
 * files. Nothing but objects is written.
 */
export async function partOfTree(
  git: Git,
  tree: string,
  isIn: (path: string) => boolean,
): Promise<{ tree: string; paths: string[] }> {
  const listed = await git.ask(["ls-tree", "-r", "-z", "--full-tree", tree]);
  const rows = new TextDecoder().decode(listed.bytes).split("\0");
  const own = rows.flatMap((row) => {
    const [, mode = "", oid = "", path = ""] = /^(\d+) blob ([0-9a-f]+)\t(.+)$/s.exec(row) ?? [];
    return path !== "" && isIn(path) ? [{ path, line: `${mode} ${oid}\t${path}\0` }] : [];
  });
  const folder = mkdtempSync(join(tmpdir(), `dgov-private-${process.pid}-`)); // so that a later run removes it
  const index_file = join(folder, "index");
  try {
    const stdin = own.map(({ line }) => line).join("");
    await git.ask(["read-tree", "--empty"], { index_file });
    if (stdin !== "") await git.ask(["update-index", "-z", "--index-info"], { index_file, stdin });
    return { tree: await git.text(["write-tree"], { index_file }), paths: own.map(({ path }) => path) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
