import { existsSync, lstatSync, mkdirSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { copyTree, isNotToBeHad, isWithin } from "./copy_tree.ts";
import type { Pool } from "./git/worktrees.ts";
import type { Project } from "./project.ts";
import { removeTree } from "./remove_tree.ts";

/**
 * A jail's part of what is kept. `gives`: all, or only what compilers have built, for commands that fetch nothing. `keeps`: what the
 * jail's cache holds at its end is kept for others.
 */
export type ToolCache = { folder: string; gives: "all" | "built"; keeps: boolean };

type Given = { project: Pick<Project, "rules">; pool: Pick<Pool, "cache"> };

/** For the jail of a setup_cmd. `keeps`: only where nobody but the target's own commit had a part in the files. */
export const cacheForSetup = (of: Given, keeps: boolean): { cache?: ToolCache } => given(of, { gives: "all", keeps });

/** For a jail in which whoever works or judges runs the project's commands. */
export const cacheForCommands = (of: Given): { cache?: ToolCache } => given(of, { gives: "built", keeps: false });

const given = ({ project, pool }: Given, part: Omit<ToolCache, "folder">): { cache?: ToolCache } =>
  project.rules.sandbox.worktree.cache ? { cache: { folder: pool.cache, ...part } } : {};

/** Downloads by name and hash, which each tool checks itself. */
const FETCHED = ["npm", "pip", "uv", "yarn"];

/** What compilers have made, found by the content of all that it was made of, and no verdicts: docs/decisions/0096-build-caches.md. */
const BUILT = ["go"];

/** What of a jail's private folder each tool's copy may fill, at most: it counts as the jail's own. */
const ROOM = 1 / 4;

const named = ({ gives }: Pick<ToolCache, "gives">, folder: string): string[] =>
  [...(gives === "all" ? FETCHED : []), ...BUILT].filter((name) => isFolder(join(folder, name)));

const isFolder = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

/**
 * Puts what was kept into a jail's own cache folder, as copies: nothing that runs there reaches the kept ones. What somebody
 * replaces meanwhile is left out, and so is what is too large for the jail: it is fetched or built again.
 *
 * @param tmp_bytes what the jail may write
 */
export async function fillCache(own: ToolCache, cache: string, tmp_bytes: number): Promise<void> {
  for (const name of named(own, own.folder)) {
    await copied(join(own.folder, name), join(cache, name), tmp_bytes);
  }
}

/**
 * Keeps what a jail's cache folder holds, in place of what was kept before. To be called only after a command that a candidate had
 * no part in: what is kept is there for those who judge. What is too large, or has no room on the disk, is not kept: it is
 * fetched or built again.
 *
 * @param mark tells this one from others who keep at the same time
 */
export async function keepCache(
  own: ToolCache,
  cache: string,
  { tmp_bytes, mark }: { tmp_bytes: number; mark: string },
): Promise<void> {
  const kept = own.folder;
  for (const name of named(own, cache)) {
    const [next, old] = [join(kept, `${name}.next-${mark}`), join(kept, `${name}.old-${mark}`)];
    mkdirSync(kept, { recursive: true, mode: 0o700 });
    if (await copied(join(cache, name), next, tmp_bytes)) {
      if (name === "go") forgetTests(next);
      if (existsSync(join(kept, name))) renameSync(join(kept, name), old);
      renameSync(next, join(kept, name));
    }
    removeTree(next);
    removeTree(old);
  }
}

/** As `go clean -testcache` does: whoever judges runs the tests, whatever was run before. The time is that of the files. */
function forgetTests(folder: string): void {
  const path = join(folder, "testexpire.txt");
  writeFileSync(path, "");
  writeFileSync(path, `${Math.ceil(statSync(path).mtimeMs)}000000\n`);
}

/** @returns whether it was: it may be too large, go away meanwhile, or find no room */
async function copied(from: string, to: string, tmp_bytes: number): Promise<boolean> {
  try {
    return isWithin(from, tmp_bytes * ROOM) && (await copyTree(from, to));
  } catch (error) {
    if (isNotToBeHad(error)) return false; // as it was looked at
    throw error;
  }
}
