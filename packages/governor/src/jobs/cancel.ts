import { DgovError } from "../error.ts";
import { type Holder, isAlive } from "../git/lockfile.ts";
import { endTree } from "../process.ts";
import type { World } from "../session.ts";
import { isOver, type Job } from "./job.ts";
import { queueFile } from "./place.ts";
import { openQueue } from "./queue.ts";

type From = Pick<World, "env" | "now_ms">;

/**
 * Ends a job: one that waits is not begun, and of one that runs the whole process tree is ended. What it has done is kept, and
 * it can be retried.
 *
 * @param grace_ms how long its runner may take to keep its work before it is killed; what is in its worktrees then is kept by the
 *   run that goes on
 *
 * @throws DgovError `job_unknown`, or `job_unfit` when it is over
 */
export async function cancelJob({ env, now_ms }: From, id: string, grace_ms: number): Promise<Job> {
  const queue = openQueue(queueFile(env));
  try {
    const job = queue.change(id, now_ms(), (at) => {
      if (isOver(at)) throw new DgovError("job_unfit", `Cannot cancel job ${id}: it is ${at.state}`);
      if (at.state === "queued") return cancelled(at);
      return at.state === "running" ? { kind: "cancel_asked" } : null;
    });
    if (job.runner === null) return job;
    await endRunner(job.runner, grace_ms);
    return queue.change(id, now_ms(), (at) => (at.state === "cancelling" ? cancelled(at) : null));
  } finally {
    queue.close();
  }
}

const cancelled = ({ run }: Job) =>
  ({
    kind: "ended",
    status: "cancelled",
    run,
    code: null,
    message: "it was cancelled; what it has done is kept",
  }) as const;

/**
 * Asks a runner to end, and ends it with all below it when it does not.
 *
 * @throws DgovError `job_unfit` when it cannot be ended from here
 */
export async function endRunner(runner: Holder, grace_ms: number): Promise<void> {
  if (!isAlive(runner)) return;
  await endTree(runner.pid, { isAlive: () => isAlive(runner), grace_ms });
  if (isAlive(runner))
    throw new DgovError("job_unfit", `Cannot end process ${runner.pid}: it is on another machine, or somebody else's`);
}
