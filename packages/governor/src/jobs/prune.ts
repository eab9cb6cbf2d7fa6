import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { removeTree } from "../remove_tree.ts";
import type { World } from "../session.ts";
import { isOver, type Job } from "./job.ts";
import { branchOf, jobsFolder, placeOfJob, queueFile } from "./place.ts";
import { openQueue, type Queue } from "./queue.ts";
import { deliver, deliverAttempts, forgetRefs } from "./repository.ts";

type From = Pick<World, "env" | "now_ms">;
/** `kept`: what stays, and why. */
export type Pruned = { removed: string[]; kept: { what: string; why: string }[]; dry_run: boolean };

const DAY_MS = 24 * 60 * 60_000;
const HOUR_MS = 60 * 60_000;

/**
 * Removes what jobs left that are over for so long: their own repositories, and their branches where another branch has the
 * work. Kept attempts go into the user's repository before; a branch with work that is nowhere else stays.
 */
export async function pruneJobs(
  { env, now_ms }: From,
  { keep_days, dry_run }: { keep_days: number; dry_run: boolean },
): Promise<Pruned> {
  const view: Pruned = { removed: [], kept: [], dry_run };
  const queue = openQueue(queueFile(env));
  try {
    const jobs = queue.jobs();
    const before_ms = now_ms() - keep_days * DAY_MS;
    for (const job of jobs.filter((one) => isOver(one) && existsSync(placeOfJob(env, one.id).folder))) {
      if (!job.pruned && job.changed_at_ms > before_ms) continue;
      await pruneJob({ env, now_ms }, { job, queue, view });
    }
    const known = new Set(jobs.map(({ id }) => id));
    for (const folder of strays(env, known, now_ms() - HOUR_MS)) {
      view.removed.push(folder);
      if (!dry_run) removeTree(folder);
    }
    return view;
  } finally {
    queue.close();
  }
}

async function pruneJob(
  { env, now_ms }: From,
  { job, queue, view }: { job: Job; queue: Queue; view: Pruned },
): Promise<void> {
  const place = placeOfJob(env, job.id);
  const given = { env, place, at_ms: now_ms() };
  if (!existsSync(join(job.body.repository, "objects"))) {
    view.kept.push({
      what: place.folder,
      why: `its repository "${job.body.repository}" is gone, and it may hold work`,
    });
    return;
  }
  view.removed.push(place.folder);
  if (view.dry_run) return;
  if (existsSync(place.root)) {
    await deliver(job, given);
    await deliverAttempts(job, given);
  }
  const now = queue.change(job.id, now_ms(), (at) => (isOver(at) && !at.pruned ? { kind: "pruned" } : null));
  if (!now.pruned) return; // somebody has asked for it again meanwhile
  const kept = await forgetRefs(job, given);
  if (kept !== null) view.kept.push({ what: branchOf(job.id), why: `no other branch has ${kept.slice(0, 12)}` });
  removeTree(place.folder);
}

/** Folders of submissions that never came into the queue. */
function strays(env: From["env"], known: ReadonlySet<string>, before_ms: number): string[] {
  const folder = jobsFolder(env);
  return readdirSync(folder)
    .filter((name) => /^j\d{8}T\d{6}-[0-9a-f]{6}$/.test(name) && !known.has(name))
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).mtimeMs < before_ms);
}
