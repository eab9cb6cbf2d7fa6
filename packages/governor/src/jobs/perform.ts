import { DgovError } from "../error.ts";
import { isAlive, ownIdentity } from "../git/lockfile.ts";
import { lendApproval } from "../lifecycle/approvals.ts";
import { type RunView, runPlan } from "../run.ts";
import type { World } from "../session.ts";
import { type Job, type JobEvent, modeOf } from "./job.ts";
import { placeOfJob, queueFile } from "./place.ts";
import { openQueue, type Queue } from "./queue.ts";
import { deliver, openJobRepository } from "./repository.ts";

type Ended = Extract<JobEvent, { kind: "ended" }>;
/** How the work on a job ended; `interrupted`: somebody stopped this process, not the job. */
type How = Omit<Ended, "kind" | "status"> & { status: "succeeded" | "failed" | "interrupted" };

/**
 * Runs a job to its end in this process: claims it, runs its plan in a repository of its own, and brings what has landed into
 * the user's. Whatever happens to this process, the next one goes on from the log there.
 *
 * @throws DgovError `job_unknown`, or `job_unfit` when it is over, or is being run
 */
export async function performJob(world: World, id: string): Promise<Job> {
  const queue = openQueue(queueFile(world.env));
  try {
    const runner = { ...ownIdentity(), at_ms: world.now_ms() };
    const job = queue.change(id, world.now_ms(), (at) => {
      const isLeft = at.state === "running" && at.runner !== null && !isAlive(at.runner);
      if (at.state === "queued" || isLeft) return { kind: "started", runner, mode: modeOf(at) };
      throw new DgovError("job_unfit", `Cannot run job ${id}: it is ${at.state}`);
    });
    const how = await carriedOut(job, world);
    const why = await brought(queue, job, world);
    const told = why === null ? how : { ...how, message: [how.message, why].filter(Boolean).join("; ") };
    return queue.change(id, world.now_ms(), ({ state }) => endOf(told, state === "cancelling", world.signal));
  } finally {
    queue.close();
  }
}

/** What a person can mend is how the job ended; a bug of ours goes on up, and the job is lost. */
async function carriedOut(job: Job, world: World): Promise<How> {
  const { env, now_ms } = world;
  const { plan, only, jobs } = job.body;
  const place = placeOfJob(env, job.id);
  const request = { cwd: place.root, plan, only, jobs, yes: false, dry_run: false };
  const own: World = {
    ...world,
    env: { ...env, DGOV_RUN_SOURCE: `job:${job.id.toLowerCase()}`, DGOV_CONFIG: place.config },
  };
  try {
    const git = await openJobRepository(job, { env, place, at_ms: now_ms() });
    const { repository: common, root } = job.body;
    lendApproval({ env, common, root }, { env, common: await git.commonDir(), root: place.root }, now_ms());
    return endingOf(await runPlan({ ...request, mode: modeOf(job) }, own), world.signal);
  } catch (error) {
    if (!(error instanceof DgovError)) throw error;
    const status = world.signal.aborted ? "interrupted" : "failed";
    return { status, run: null, code: error.code, message: `${error.message}. ${error.hint}` };
  }
}

function endingOf({ run, status, failed, skipped, unfinished, exit }: RunView, { aborted }: AbortSignal): How {
  const none = { run, code: null };
  if (exit === 0) return { ...none, status: "succeeded", message: "every task has landed" };
  if (aborted) return { ...none, status: "interrupted", message: "" };
  const count = failed.length + skipped.length + unfinished.length;
  const tasks = count === 1 ? "1 task has" : `${count} tasks have`;
  return { ...none, status: "failed", message: `${status}: ${tasks} not landed` };
}

/** @returns why the work is not where it was to be, or null */
async function brought(queue: Queue, job: Job, { env, now_ms }: World): Promise<string | null> {
  const at_ms = now_ms();
  try {
    const delivery = await deliver(job, { env, place: placeOfJob(env, job.id), at_ms });
    if (delivery === null) return null;
    const { commit, ref, why } = delivery;
    queue.change(job.id, at_ms, () => ({ kind: "delivered", commit, ref }));
    return why === null ? null : `its work is at "${ref}", as ${why}`;
  } catch (error) {
    if (error instanceof DgovError) return `its work could not be brought: ${error.message}`;
    throw error;
  }
}

function endOf({ status, ...how }: How, cancelling: boolean, signal: AbortSignal): JobEvent {
  if (status !== "interrupted") return { kind: "ended", status, ...how };
  if (!cancelling) return { kind: "interrupted", by: String(signal.reason ?? "a signal") };
  return { kind: "ended", status: "cancelled", ...how, message: "it was cancelled; what it has done is kept" };
}
