import { existsSync, realpathSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { DgovError } from "../error.ts";
import { createGit, type Git } from "../git/git.ts";
import { treeOfFolder } from "./folder_tree.ts";
import { openScratch, type Scratch } from "./scratch.ts";

/** One end of a merge: the words that name it, and its tree. `left_out`: see `FolderTree`. */
export type End = { words: string; tree: string; left_out: readonly string[] };

type World = { cwd: string; env: Readonly<Record<string, string | undefined>> };

/** Git where the user stands, if that is in a repository: in a checkout, or in a bare one. */
export async function gitAround({ cwd, env }: World): Promise<Git | null> {
  const git = createGit(realpathSync(cwd), env);
  const { exit } = await git.ask(["rev-parse", "--git-dir"], { ok: [0, 128] });
  return exit === 0 ? git : null;
}

/** What each of some words stands for: a tree or commit of the repository, or a folder, whose content is kept as a tree. */
export async function openEnds(
  user: Git | null,
  words: readonly string[],
  world: World,
): Promise<{ scratch: Scratch; ends: End[] }> {
  const scratch = await openScratch(user, world.env);
  try {
    const ends: End[] = [];
    for (const one of words) ends.push(await endOf({ user, scratch, world }, one));
    return { scratch, ends };
  } catch (error) {
    scratch.close();
    throw error;
  }
}

type Place = { user: Git | null; scratch: Scratch; world: World };

async function endOf({ user, scratch, world }: Place, words: string): Promise<End> {
  const path = resolve(world.cwd, words);
  const isPath = /^(\.{0,2}\/|\.{1,2}$)/.test(words) || words.endsWith("/");
  const tree = isPath || user === null ? null : await treeNamed(user, words);
  const folder = (isPath || !words.includes(":")) && words !== "" && existsSync(path) ? path : null;
  if (tree !== null && folder !== null)
    throw new DgovError("usage", `Cannot tell what "${words}" is: there is such a folder, and such a commit`, {
      hint: `Write "./${words}" for the folder, or the whole name of the ref, as "refs/heads/${words}"`,
    });
  if (tree !== null) return { words, tree, left_out: [] };
  if (folder === null) throw noEnd(user, words);
  if (!statSync(folder).isDirectory())
    throw new DgovError("usage", `Cannot merge "${words}": it is a file`, {
      hint: 'For three files there is "dgov merge-driver BASE OURS THEIRS PATH"',
    });
  return { words, ...(await treeOfFolder(scratch, folder)) };
}

/** The tree that a name stands for in the repository: of a commit or tag its own, of `COMMIT:FOLDER` that folder. */
async function treeNamed(git: Git, name: string): Promise<string | null> {
  const verify = async (asked: string) => {
    const { exit, bytes } = await git.ask(["rev-parse", "--verify", "-q", "--end-of-options", asked], {
      ok: [0, 1, 128],
    });
    return exit === 0 ? new TextDecoder().decode(bytes).trim() : null;
  };
  const oid = await verify(name);
  return oid === null ? null : verify(`${oid}^{tree}`);
}

function noEnd(user: Git | null, words: string): DgovError {
  const where = user === null ? "there is no such folder, and no repository here" : "there is no such commit or folder";
  return new DgovError("usage", `Cannot merge "${words}": ${where}`, {
    hint: 'Name trees, commits or folders: "dgov help merge-check"',
  });
}
