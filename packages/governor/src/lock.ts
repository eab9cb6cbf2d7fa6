import { join } from "node:path";
import { DgovError } from "./error.ts";
import { type Holder, isAlive, readHolder, takeLock } from "./git/lockfile.ts";

const NAME = "dgov.lock";

/**
 * Takes the repository for one governor. The lock dies with its process, however that ends.
 *
 * @param common_dir git's folder that all worktrees share
 * @throws DgovError `repo_busy`, naming the other process and how long it has been at it
 */
export function takeRepository(common_dir: string, now_ms: number): { release(): void } {
  const taken = takeLock(join(common_dir, NAME), now_ms);
  if (!("held_by" in taken)) return taken;
  const { pid, at_ms } = taken.held_by;
  const age_s = Math.max(0, Math.round((now_ms - at_ms) / 1000));
  throw new DgovError(
    "repo_busy",
    `Cannot run here: process ${pid} has been running dgov in this repository for ${age_s} s`,
  );
}

/** Who is at it, or null. */
export function repositoryHolder(common_dir: string): Holder | null {
  const holder = readHolder(join(common_dir, NAME));
  return holder && isAlive(holder) ? holder : null;
}
