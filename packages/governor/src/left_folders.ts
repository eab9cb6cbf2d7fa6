import { existsSync, lstatSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { removeTree } from "./remove_tree.ts";

/**
 * Removes folders of the temporary folder whose process was killed before it could. They are named PREFIX, its number, a
 * dash and anything. Those of other users are not ours to remove.
 */
export function removeLeftFolders(prefix: string): void {
  for (const name of readdirSync(tmpdir())) {
    const pid = name.startsWith(prefix) ? Number(name.slice(prefix.length).split("-")[0]) : Number.NaN;
    const folder = join(tmpdir(), name);
    const stat = Number.isInteger(pid) ? lstatSync(folder, { throwIfNoEntry: false }) : undefined;
    if (stat?.isDirectory() && stat.uid === process.getuid?.() && isOver(pid)) removeTree(folder);
  }
}

/** Without /proc nobody knows, and what is left stays. */
const isOver = (pid: number): boolean => existsSync("/proc/self") && !existsSync(`/proc/${pid}`);
