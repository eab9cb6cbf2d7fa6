import { constants, lstatSync, readdirSync } from "node:fs";
import { copyFile, mkdir, readdir, readlink, stat, symlink, utimes } from "node:fs/promises";
import { join } from "node:path";

/**
 * New files with the old times, by which tools see what nobody has used for long: clones where the file system can, never links. One
 * after another, which takes half the work of all at once. Links stay links, whatever they lead to: following one would take files
 * along that the jail could not read. What stands in the way there already stays, a link to a folder too.
 */
export async function copyTree(from: string, to: string): Promise<void> {
  const there = lstatSync(to, { throwIfNoEntry: false });
  if (there && !there.isDirectory()) return;
  await mkdir(to, { recursive: true });
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) await copyTree(source, target);
    else if (lstatSync(target, { throwIfNoEntry: false })) continue;
    else if (entry.isSymbolicLink()) await symlink(await readlink(source), target);
    else if (entry.isFile()) {
      await copyFile(source, target, constants.COPYFILE_FICLONE);
      const { atime, mtime } = await stat(source);
      await utimes(target, atime, mtime);
    }
  }
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
