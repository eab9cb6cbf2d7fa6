import { isAlive } from "../git/lockfile.ts";
import type { World } from "../session.ts";
import { isOver, type Job, type JobState } from "./job.ts";
import { branchOf, placeOfJob } from "./place.ts";

/** A job as it is shown. `next`: the command that is likely wanted now. */
export type JobView = {
  id: string;
  key: string | null;
  state: JobState;
  code: string | null; // of the error that refused its run
  message: string;
  from: { repository: string; plan: string; base: string; target: string }; // the checkout, and what was checked out there
  work: { branch: string; commit: string | null; run: string | null }; // in the user's repository; null: nothing has landed
  own: { folder: string; log: string; pid: number | null; pruned: boolean };
  submitted_at_ms: number;
  changed_at_ms: number;
  next: string | null;
};

export function viewOfJob(job: Job, env: World["env"]): JobView {
  const { id, key, state, body, base, target, delivered, run, code, pruned } = job;
  const isLeft = job.runner !== null && !isAlive(job.runner);
  const message = isLeft ? "its process is gone: whoever serves next goes on with it" : job.message;
  const { root: folder, log } = placeOfJob(env, id);
  const branch = (delivered?.ref ?? branchOf(id)).replace("refs/heads/", "");
  return {
    ...{ id, key, state, code, message },
    from: { repository: body.root, plan: body.plan, base, target },
    work: { branch, commit: delivered?.commit ?? null, run },
    own: { folder, log, pid: job.runner?.pid ?? null, pruned },
    ...{ submitted_at_ms: job.at_ms, changed_at_ms: job.changed_at_ms },
    next: nextOf(job, isLeft),
  };
}

function nextOf(job: Job, isLeft: boolean): string | null {
  const { id, state, delivered, body } = job;
  if (state === "queued" || isLeft) return "dgov jobs serve";
  if (!isOver(job)) return `dgov jobs cancel ${id}`;
  if (state !== "succeeded") return job.pruned ? null : `dgov jobs retry ${id}`;
  return delivered === null
    ? null
    : `git -C ${JSON.stringify(body.root)} merge ${delivered.ref.replace("refs/heads/", "")}`;
}
