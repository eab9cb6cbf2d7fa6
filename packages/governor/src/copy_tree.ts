import { constants, type Dirent, lstatSync, readdirSync } from "node:fs";
import { copyFile, mkdir, readdir, readlink, stat, symlink, utimes } from "node:fs/promises";
import { join } from "node:path";
import { removeTree } from "./remove_tree.ts";

/**
 * New files with the old times, by which tools see what nobody has used for long: clones where the file system can, never links. One
 * after another, which takes half the work of all at once. Links stay links, whatever they lead to: following one would take files
 * along that the jail could not read. What stands in the way there already stays, a link to a folder too.
 *
 * @returns whether all of it is there; where it went away under the copy, or there is no room for it, nothing of it is
 */
export async function copyTree(from: string, to: string): Promise<boolean> {
  const made: string[] = [];
  try {
    await copyInto(from, to, made);
    return true;
  } catch (error) {
    for (const path of made) removeTree(path);
    if (isNotToBeHad(error)) return false;
    throw error;
  }
}

/** Whether what is kept went away meanwhile, or there is no room: it is made again then. */
export const isNotToBeHad = (error: unknown): boolean =>
  error instanceof Error && "code" in error && NOT_TO_BE_HAD.has(String(error.code));
const NOT_TO_BE_HAD: ReadonlySet<string> = new Set(["ENOENT", "ENOSPC", "EDQUOT"]);

/** @param made is told what was not there before; of a folder that was not, itself alone */
async function copyInto(from: string, to: string, made: string[]): Promise<void> {
  const there = lstatSync(to, { throwIfNoEntry: false });
  if (there && !there.isDirectory()) return;
  const inside = there ? made : [];
  if (!there) made.push(to);
  await mkdir(to, { recursive: true });
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) await copyInto(source, target, inside);
    else if (lstatSync(target, { throwIfNoEntry: false })) continue;
    else {
      inside.push(target);
      await copyEntry(entry, source, target);
    }
  }
}

async function copyEntry(entry: Dirent, source: string, target: string): Promise<void> {
  if (entry.isSymbolicLink()) await symlink(await readlink(source), target);
  if (!entry.isFile()) return;
  await copyFile(source, target, constants.COPYFILE_FICLONE);
  const { atime, mtime } = await stat(source);
  await utimes(target, atime, mtime);
}

const FILES_MAX = 200_000;
const BYTES_MAX = 2 * 1024 ** 3;

/** Whether a folder holds no more than is worth being kept. @param most_bytes if that is less than what is worth it */
export function isWithin(folder: string, most_bytes: number = BYTES_MAX): boolean {
  const bytes_max = Math.min(BYTES_MAX, most_bytes);
  const open = [folder];
  let files = 0;
  let bytes = 0;
  for (let at = open.pop(); at !== undefined; at = open.pop())
    for (const entry of readdirSync(at, { withFileTypes: true })) {
      files += 1;
      if (entry.isDirectory()) open.push(join(at, entry.name));
      else bytes += lstatSync(join(at, entry.name)).size;
      if (files > FILES_MAX || bytes > bytes_max) return false;
    }
  return true;
}
