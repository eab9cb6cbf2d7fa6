import { join } from "node:path";
import { DgovError } from "./error.ts";
import { leftRunning } from "./git/left_running.ts";
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

/** Longer than any git of ours takes but on a disk that hangs. */
const OUTLIVE_MS = 60_000;
const LOOK_EVERY_MS = 20;

/**
 * Waits until all has ended that a governor which was killed left running. Git goes on without it, and may move a branch
 * or fill a worktree after everything has been looked at.
 *
 * @throws DgovError `repo_busy`, naming what does not end
 */
export async function outliveKilled(common_dir: string, limit_ms: number = OUTLIVE_MS): Promise<void> {
  const holder = readHolder(join(common_dir, NAME));
  if (holder === null || isAlive(holder)) return;
  let left = leftRunning(holder);
  for (let waited_ms = 0; left.length > 0 && waited_ms < limit_ms; waited_ms += LOOK_EVERY_MS) {
    await Bun.sleep(LOOK_EVERY_MS);
    left = leftRunning(holder);
  }
  if (left.length > 0)
    throw new DgovError(
      "repo_busy",
      `Cannot run here: process ${left.join(", ")} of a run that was killed is still at work in this repository`,
    );
}

/** Who is at it, or null. */
export function repositoryHolder(common_dir: string): Holder | null {
  const holder = readHolder(join(common_dir, NAME));
  return holder && isAlive(holder) ? holder : null;
}
