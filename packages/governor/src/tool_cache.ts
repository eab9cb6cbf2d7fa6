import { existsSync, lstatSync, mkdirSync, readdirSync, renameSync } from "node:fs";
import { cp } from "node:fs/promises";
import { join } from "node:path";
import { removeTree } from "./remove_tree.ts";

/** Beside a repository's worktrees. */
export const toolCacheIn = (pool_folder: string): string => join(pool_folder, "cache");

/** Downloads by name and hash, which each tool checks itself. What a tool has worked out (types, byte code) is never kept. */
const KEPT = ["npm", "pip", "uv", "yarn"];

const FILES_MAX = 200_000;
const BYTES_MAX = 2 * 1024 ** 3;

/**
 * Puts what was kept into a jail's own cache folder, as copies: nothing that runs there reaches the kept ones. What somebody
 * replaces meanwhile is left out: it is fetched again.
 */
export async function fillCache(kept: string, cache: string): Promise<void> {
  for (const name of KEPT.filter((one) => existsSync(join(kept, one)))) {
    const from = join(kept, name);
    if (!(await isCopied(from, join(cache, name)))) removeTree(join(cache, name));
  }
}

/**
 * Keeps what a jail's cache folder holds, in place of what was kept before. To be called only after a command that a candidate had
 * no part in: what is kept is there for those who judge. What is too large, or has no room on the disk, is not kept: it is
 * fetched again.
 *
 * @param mark tells this one from others who keep at the same time
 */
export async function keepCache(cache: string, kept: string, mark: string): Promise<void> {
  for (const name of KEPT.filter((one) => existsSync(join(cache, one)) && isWithin(join(cache, one)))) {
    const [next, old] = [join(kept, `${name}.next-${mark}`), join(kept, `${name}.old-${mark}`)];
    mkdirSync(kept, { recursive: true, mode: 0o700 });
    if (await isCopied(join(cache, name), next)) {
      if (existsSync(join(kept, name))) renameSync(join(kept, name), old);
      renameSync(next, join(kept, name));
    }
    removeTree(next);
    removeTree(old);
  }
}

/** @returns false where it went away under the copy, or there is no room for it: what is there then is a part */
async function isCopied(from: string, to: string): Promise<boolean> {
  try {
    await copyTree(from, to);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && LEFT_OUT.has(String(error.code))) return false;
    throw error;
  }
}

const LEFT_OUT: ReadonlySet<string> = new Set(["ENOENT", "ENOSPC", "EDQUOT"]);

/** Links stay links, whatever they lead to: following one would take files along that the jail could not read. */
const copyTree = (from: string, to: string): Promise<void> =>
  cp(from, to, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true, errorOnExist: false });

function isWithin(folder: string): boolean {
  const open = [folder];
  let files = 0;
  let bytes = 0;
  for (let at = open.pop(); at !== undefined; at = open.pop())
    for (const entry of readdirSync(at, { withFileTypes: true })) {
      files += 1;
      if (entry.isDirectory()) open.push(join(at, entry.name));
      else bytes += lstatSync(join(at, entry.name)).size;
      if (files > FILES_MAX || bytes > BYTES_MAX) return false;
    }
  return true;
}
