import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createGit, type Git } from "../git/git.ts";
import { removeTree } from "../remove_tree.ts";
import type { Laid } from "./drill.ts";

/** A repository of its own with one commit of another. Whatever is made of it is gone with `close`. */
export type Scratch = {
  git: Git;
  folder: string;
  head: string;
  /** A tree with these contents laid over it. */
  lay(tree: string, files: Laid): Promise<string>;
  commit(tree: string, parent: string): Promise<string>;
  close(): void;
};

/**
 * Copies one commit with its files, and no history, into a private folder.
 *
 * @param head the commit's id in `from`
 */
export async function openScratch(
  from: Git,
  head: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Scratch> {
  const folder = mkdtempSync(join(tmpdir(), `dgov-private-${process.pid}-`)); // so that a later run removes it
  try {
    const root = join(folder, "repository");
    mkdirSync(root);
    const git = createGit(root, env);
    await git.ask(["init", "--quiet", "--initial-branch=main", ...formatOf(head)]);
    writeFileSync(join(root, ".git/shallow"), `${head}\n`);
    const listed = await from.text(["rev-list", "--objects", "--no-walk", head], { plumbing: true });
    const ids = listed.split("\n").map((line) => line.split(" ")[0]);
    const pack = await from.ask(["pack-objects", "--stdout", "-q", "--delta-base-offset"], {
      stdin: `${ids.join("\n")}\n`,
      plumbing: true,
    });
    await git.ask(["index-pack", "--stdin"], { stdin: pack.bytes, plumbing: true });
    await git.ask(["update-ref", "refs/heads/main", head], { plumbing: true });
    return { ...parts(git, folder), folder, head, git };
  } catch (error) {
    removeTree(folder);
    throw error;
  }
}

const formatOf = (oid: string): string[] => (oid.length === 64 ? ["--object-format=sha256"] : []);

function parts(git: Git, folder: string): Pick<Scratch, "lay" | "commit" | "close"> {
  const made = { index: 0 };
  return {
    async lay(tree, files) {
      const index_file = join(folder, `index-${made.index++}`);
      const options = { index_file, plumbing: true };
      await git.ask(["read-tree", tree], options);
      const rows = await Promise.all(Object.entries(files).map((file) => indexRow(git, file)));
      const zero = "0".repeat(tree.length);
      const lines = rows.map(({ path, mode, oid }) => `${mode} ${oid ?? zero}\t${path}\0`);
      await git.ask(["update-index", "-z", "--add", "--index-info"], { ...options, stdin: lines.join("") });
      return git.text(["write-tree", "--missing-ok"], options);
    },
    commit: (tree, parent) =>
      git.text(["commit-tree", tree, "-p", parent, "-m", "A change for a drill"], { plumbing: true, at_ms: 0 }),
    close: () => removeTree(folder),
  };
}

async function indexRow(git: Git, [path, content]: [string, Laid[string]]) {
  if (content === null) return { path, mode: "0", oid: null };
  if (typeof content === "object" && "gitlink" in content) return { path, mode: "160000", oid: content.gitlink };
  const text = typeof content === "string" ? content : content.link;
  const oid = await git.text(["hash-object", "-w", "--stdin"], { stdin: text, plumbing: true });
  return { path, mode: typeof content === "string" ? "100644" : "120000", oid };
}
