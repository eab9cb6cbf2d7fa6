import { closeSync, constants, fstatSync, openSync, readFileSync, realpathSync } from "node:fs";

/**
 * A file that a command of strangers has left. It lies where the command could write, and we may read what it may not: so
 * no link is followed, nothing but a file of its size is read, and nothing is waited for. All that the command started must
 * be dead by now, so that nobody is left who could swap it.
 *
 * @param path absolute, without links on the way
 * @returns null when no such file is there
 */
export function readLeft(path: string, bytes_max: number): Buffer | null {
  try {
    if (realpathSync(path) !== path) return null;
    const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const stat = fstatSync(fd);
      return stat.isFile() && stat.nlink === 1 && stat.size <= bytes_max ? readFileSync(fd) : null;
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (error instanceof Error && "code" in error) return null; // the command has removed it, or closed it to us
    throw error;
  }
}
