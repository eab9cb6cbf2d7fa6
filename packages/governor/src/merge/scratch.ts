import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createGit, type Git } from "../git/git.ts";

/**
 * A repository of ours that is thrown away, for objects that nobody asked to have: it reads those of the user's
 * repository, if there is one, and writes nothing there. `folder` holds it and has room for more.
 */
export type Scratch = { git: Git; folder: string; git_dir: string; close(): void };

/** @param user's git, wherever in the repository; null: there is none */
export async function openScratch(user: Git | null, env: Readonly<Record<string, string | undefined>>) {
  const folder = mkdtempSync(join(tmpdir(), "dgov-merge-"));
  const close = () => rmSync(folder, { recursive: true, force: true });
  try {
    const git_dir = join(folder, "scratch.git");
    const format = user === null ? "sha1" : await user.text(["rev-parse", "--show-object-format"]);
    await createGit(folder, env).ask(["init", "-q", "--bare", `--object-format=${format}`, "--template=", git_dir]);
    mkdirSync(join(git_dir, "info"), { recursive: true });
    writeFileSync(join(git_dir, "info/attributes"), AS_STORED);
    if (user !== null) {
      const objects = resolve(user.root, await user.text(["rev-parse", "--git-path", "objects"]));
      mkdirSync(join(git_dir, "objects/info"), { recursive: true });
      writeFileSync(join(git_dir, "objects/info/alternates"), `${quoted(objects)}\n`);
    }
    const scratch: Scratch = { git: createGit(git_dir, env), folder, git_dir, close };
    return scratch;
  } catch (error) {
    close();
    throw error;
  }
}

/** It overrules what the trees say of themselves: what is written is what is in the tree, byte by byte. */
const AS_STORED = "* -text -ident -filter !working-tree-encoding\n";

/** As git reads it: a path that begins with a quote, or has a line end in it, is written as in C. */
function quoted(path: string): string {
  if (!/^"|[\n\r]/.test(path)) return path;
  return `"${path.replace(/[\\"]/g, "\\$&").replaceAll("\n", "\\n").replaceAll("\r", "\\r")}"`;
}
