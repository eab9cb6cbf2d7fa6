import { DgovError } from "./error.ts";
import { cancelJob } from "./jobs/cancel.ts";
import { isOver } from "./jobs/job.ts";
import { queueFile } from "./jobs/place.ts";
import { type Pruned, pruneJobs } from "./jobs/prune.ts";
import { openQueue, type Queue } from "./jobs/queue.ts";
import { type From, type Submitting, submitJob } from "./jobs/submit.ts";
import { type JobView, viewOfJob } from "./jobs/view.ts";
import type { World } from "./session.ts";

export { type JobView, type Pruned, pruneJobs };

/** Puts a plan into the queue. `created` false: its key was there, with the same. @throws as `submitJob` does */
export async function submit(from: From, asked: Submitting): Promise<JobView & { created: boolean }> {
  const { job, created } = await submitJob(from, asked);
  return { ...viewOfJob(job, from.env), created };
}

/** Every job, newest first; those that were pruned only where `all` asks for them. */
export function list({ env }: Pick<World, "env">, { all }: { all: boolean }): { jobs: JobView[] } {
  const jobs = withQueue(env, (queue) => queue.jobs());
  return {
    jobs: jobs
      .filter(({ pruned }) => all || !pruned)
      .map((job) => viewOfJob(job, env))
      .reverse(),
  };
}

/** @throws DgovError `job_unknown` */
export const show = ({ env }: Pick<World, "env">, id: string): JobView =>
  viewOfJob(
    withQueue(env, (queue) => queue.job(id)),
    env,
  );

/** @throws as `cancelJob` does */
export const cancel = async (from: Pick<World, "env" | "now_ms">, id: string, grace_ms: number): Promise<JobView> =>
  viewOfJob(await cancelJob(from, id, grace_ms), from.env);

/**
 * Puts a job that is over into the queue again, to go on from what it has done.
 *
 * @throws DgovError `job_unknown`, or `job_unfit` when there is nothing to be tried again
 */
export function retry({ env, now_ms }: Pick<World, "env" | "now_ms">, id: string): JobView {
  const again = withQueue(env, (queue) =>
    queue.change(id, now_ms(), (job) => {
      const why = job.pruned ? "it is pruned" : job.state === "succeeded" || !isOver(job) ? `it is ${job.state}` : null;
      if (why !== null) throw new DgovError("job_unfit", `Cannot retry job ${id}: ${why}`);
      return { kind: "retried" };
    }),
  );
  return viewOfJob(again, env);
}

function withQueue<Value>(env: World["env"], use: (queue: Queue) => Value): Value {
  const queue = openQueue(queueFile(env));
  try {
    return use(queue);
  } finally {
    queue.close();
  }
}
