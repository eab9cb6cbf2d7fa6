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

/** Puts what was kept into a jail's own cache folder, as copies: nothing that runs there reaches the kept ones. */
export async function fillCache(kept: string, cache: string): Promise<void> {
  for (const name of KEPT) if (existsSync(join(kept, name))) await copyTree(join(kept, name), join(cache, name));
}

/**
 * Keeps what a jail's cache folder holds, in place of what was kept before. To be called only after a command that a candidate had
 * no part in: what is kept is there for those who judge.
 *
 * @returns why nothing was kept, or null
 */
export async function keepCache(cache: string, kept: string): Promise<string | null> {
  for (const name of KEPT.filter((one) => existsSync(join(cache, one)))) {
    if (!isWithin(join(cache, name)))
      return `the cache of ${name} has more than ${FILES_MAX} files or ${BYTES_MAX} bytes`;
    const [next, old] = [join(kept, `${name}.next-${process.pid}`), join(kept, `${name}.old-${process.pid}`)];
    mkdirSync(kept, { recursive: true, mode: 0o700 });
    removeTree(next);
    await copyTree(join(cache, name), next);
    if (existsSync(join(kept, name))) renameSync(join(kept, name), old);
    renameSync(next, join(kept, name));
    removeTree(old);
  }
  return null;
}

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
