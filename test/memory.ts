import { accessSync, constants, statfsSync } from "node:fs";
import { tmpdir } from "node:os";

const SHARED = "/dev/shm";
const TMPFS = 0x01021994;
const BYTES_MIN = 256 * 1024 ** 2;

/**
 * A folder in memory, where there is one with room, or that of temporary files: for tests that put the same files back again and
 * again. What is about files, locks and jails is played on the disk, as it is used.
 */
export const MEMORY = hasRoom() ? SHARED : tmpdir();

function hasRoom(): boolean {
  try {
    const { type, bavail, bsize } = statfsSync(SHARED);
    accessSync(SHARED, constants.W_OK | constants.X_OK);
    return type === TMPFS && bavail * bsize >= BYTES_MIN;
  } catch {
    return false; // there is none
  }
}
