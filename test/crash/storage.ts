import { closeSync, mkdirSync, openSync, readdirSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";

const FILLER = "filler";

/** Whether small disks and read-only ones can be made here: only root can. */
export const canMount = (): boolean => process.getuid?.() === 0 && mountable();

function mountable(): boolean {
  const probe = `/tmp/dgov-mount-${process.pid}`;
  mkdirSync(probe);
  const mounted = mount("-t", "tmpfs", "-o", "size=64k", "tmpfs", probe);
  if (mounted) unmount(probe);
  rmSync(probe, { recursive: true });
  return mounted;
}

export const mount = (...words: string[]): boolean => Bun.spawnSync(["mount", ...words]).exitCode === 0;
export const unmount = (folder: string): boolean => Bun.spawnSync(["umount", "-l", folder]).exitCode === 0;

/** Writes until nothing more fits. */
export function fillDisk(folder: string): void {
  const file = openSync(join(folder, FILLER), "w");
  for (let block = Buffer.alloc(256 * 1024); block.length > 0; ) {
    try {
      writeSync(file, block);
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "ENOSPC")) throw error;
      block = block.subarray(0, Math.floor(block.length / 16));
    }
  }
  closeSync(file);
}

/** What was opened before can still be written, as on a disk that the system has given up on. */
export function makeReadOnly(root: string): void {
  for (const folder of roots(root)) {
    if (!mount("--bind", folder, folder) || !mount("-o", "remount,bind,ro", folder))
      throw new Error(`Cannot make "${folder}" read-only`);
  }
}

/** The repository with its log, and the worktrees beside it. */
const roots = (root: string): string[] => {
  const above = join(root, "..");
  const pools = readdirSync(above).filter((name) => name.startsWith(".dgov-worktrees"));
  return [root, ...pools.map((name) => join(above, name))];
};

/** Room again, and everything can be written. */
export function mendStorage(folder: string, root: string): void {
  rmSync(join(folder, FILLER), { force: true });
  for (const one of roots(root)) unmount(one);
}
