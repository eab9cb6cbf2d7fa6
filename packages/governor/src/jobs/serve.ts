import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { DgovError } from "../error.ts";
import { isAlive, takeLock } from "../git/lockfile.ts";
import { endTree, startApart } from "../process.ts";
import type { World } from "../session.ts";
import { type Job, type JobEvent, RESUMES_MAX } from "./job.ts";
import { jobsFolder, placeOfJob, queueFile } from "./place.ts";
import { openQueue, type Queue } from "./queue.ts";

/** `capacity`: how many jobs run at once; `drain`: end when there is nothing left to do; `told` hears a line for each change. */
export type Serving = { capacity: number; drain: boolean; told: (line: string) => void };
type From = Pick<World, "env" | "self" | "now_ms" | "sleep_ms" | "signal">;

const LOOK_EVERY_MS = 500;
const LIVES_EVERY_MS = 3_000;
const GRACE_MS = 60_000;
const STARTS_MAX = 3;

type Child = { pid: number; ended: boolean };
/** `starts`: how often in a row a job's process has ended before it had begun. */
type State = {
  from: From;
  queue: Queue;
  serving: Serving;
  children: Map<string, Child>;
  starts: Map<string, number>;
  told: Map<string, string>;
};

/**
 * Runs what is in the queue, each job in a process of its own, until the signal. A job whose process is gone is gone on with.
 * When this process dies its jobs go on; whoever serves next takes them as they are.
 *
 * @returns how many jobs it has begun
 * @throws DgovError `jobs_served` when somebody serves already
 */
export async function serveJobs(from: From, serving: Serving): Promise<{ begun: number }> {
  const folder = jobsFolder(from.env);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const lock = takeLock(join(folder, "serve.lock"), from.now_ms());
  if ("held_by" in lock)
    throw new DgovError("jobs_served", `Cannot serve: process ${lock.held_by.pid} serves these jobs already`);
  const queue = openQueue(queueFile(from.env));
  const state: State = { from, queue, serving, children: new Map(), starts: new Map(), told: new Map() };
  try {
    return { begun: await served(state) };
  } finally {
    await stopAll(state);
    queue.close();
    lock.release();
  }
}

async function served(state: State): Promise<number> {
  const { from, queue, serving, children } = state;
  let begun = 0;
  let seen = "";
  let looked_ms = 0;
  while (!from.signal.aborted) {
    const stamp = `${queue.stamp()} ${[...children.values()].filter(({ ended }) => ended).length}`;
    if (stamp !== seen || from.now_ms() - looked_ms > LIVES_EVERY_MS) {
      seen = stamp;
      looked_ms = from.now_ms();
      begun += look(state);
      if (serving.drain && isIdle(state)) return begun;
    }
    await from.sleep_ms(LOOK_EVERY_MS, from.signal);
  }
  return begun;
}

/** One look at all jobs. @returns how many were begun */
function look(state: State): number {
  const { from, queue, children, serving } = state;
  for (const job of queue.jobs()) noteLost(state, job);
  const jobs = queue.jobs();
  for (const job of jobs) {
    tell(state, job);
    if (job.state !== "queued") state.starts.delete(job.id);
  }
  for (const [id, child] of children) if (child.ended) children.delete(id);
  const running = jobs.filter(({ state: at }) => at === "running" || at === "cancelling").map(({ id }) => id);
  let free = serving.capacity - new Set([...running, ...children.keys()]).size;
  let begun = 0;
  for (const { id } of jobs.filter((job) => job.state === "queued" && !children.has(job.id))) {
    if (free <= 0) break;
    if (isStillborn(state, id)) continue;
    free -= 1;
    begun += 1;
    begin(state, id, from);
  }
  return begun;
}

/** What never comes so far as to claim its job would be begun for ever. */
function isStillborn({ queue, from, starts }: State, id: string): boolean {
  const times = (starts.get(id) ?? 0) + 1;
  starts.set(id, times);
  if (times <= STARTS_MAX) return false;
  const { log } = placeOfJob(from.env, id);
  const message = `its process ended ${STARTS_MAX} times before it had begun: see "${log}"`;
  const ended = { kind: "ended", status: "failed", run: null, code: null, message } as const;
  queue.change(id, from.now_ms(), (at) => (at.state === "queued" ? ended : null));
  return true;
}

function begin({ children }: State, id: string, { self, env }: From): void {
  const given = Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
  const { pid, exited } = startApart([...self, "jobs", "run", id], { env: given, log: placeOfJob(env, id).log });
  const child: Child = { pid, ended: false };
  children.set(id, child);
  void exited.then(() => {
    child.ended = true;
  });
}

/** Whose process is gone without a word is gone on with, as often as that may help. */
function noteLost({ queue, from }: State, job: Job): void {
  if (job.runner === null || isAlive(job.runner)) return;
  queue.change(job.id, from.now_ms(), (at): JobEvent | null => {
    if (at.runner === null || at.runner.pid !== job.runner?.pid || at.runner.born !== job.runner.born) return null;
    const over = { kind: "ended", run: at.run, code: null } as const;
    if (at.state === "cancelling") return { ...over, status: "cancelled", message: "it was cancelled" };
    if (at.resumes < RESUMES_MAX) return { kind: "lost" };
    return { ...over, status: "lost", message: `its process was lost ${RESUMES_MAX + 1} times` };
  });
}

function isIdle({ queue, children }: State): boolean {
  return children.size === 0 && queue.jobs().every(({ state }) => !["queued", "running", "cancelling"].includes(state));
}

function tell({ told, serving }: State, { id, state, message }: Job): void {
  const line = `${id} ${state}${message === "" ? "" : `: ${message}`}`;
  const before = told.get(id);
  told.set(id, line);
  if (before !== line && !(before === undefined && ["succeeded", "failed", "cancelled", "lost"].includes(state)))
    serving.told(line);
}

/** What this process has begun ends with it, in order: each keeps its work, and goes on when somebody serves again. */
async function stopAll({ children }: State): Promise<void> {
  const left = [...children.values()].filter(({ ended }) => !ended);
  await Promise.all(left.map((child) => endTree(child.pid, { isAlive: () => !child.ended, grace_ms: GRACE_MS })));
}
