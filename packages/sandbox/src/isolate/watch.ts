import { lstatSync, statfsSync } from "node:fs";
import { LIMITS } from "../limits.ts";
import { descendantsOf, hasMoreBelow } from "../process_tree.ts";
import { tasksFor } from "./ceiling.ts";
import type { ResourceLimits } from "./confinement.ts";
import { memoryOf, removedFilesOf, sharedMemory, unnamedFilesOf } from "./usage.ts";
import { bytesBelow, ENTRY_BYTES } from "./written.ts";

/** Which limit struck. */
export type Strike = "memory_limit" | "process_limit" | "disk_limit";

/**
 * `pid`   what was started for the isolation: it and what is below it now are ours, and are not counted
 * `tmp`   the private folder, which counts whole
 * `root`  where the work is: what was written there since the isolation began counts
 */
export type Watched = { pid: number; tmp: string; root: string; limits: ResourceLimits };
export type Watch = {
  /** Looks again and again while the work is under way, and tells of the first limit that is passed. @returns what it gives */
  during<Value>(work: Promise<Value>, struck: (by: Strike) => void): Promise<Value>;
};

/**
 * Keeps from outside what the kernel cannot keep by a process's own limits: the memory and the number of all processes
 * together, and the disk they fill. It looks every tenth of a second, so what grows faster is over the limit for so long.
 */
export function createWatch(watched: Watched, now_ms: () => number): Watch {
  const ours = new Set([watched.pid, ...descendantsOf(watched.pid)]);
  const disk = createDiskLook(watched, now_ms);
  const shared_before = sharedMemory();
  const look = async (): Promise<Strike | null> => {
    const { pid, limits } = watched;
    if (hasMoreBelow(pid, tasksFor(limits.processes), ours)) return "process_limit";
    const pids = descendantsOf(pid).filter((one) => !ours.has(one));
    const enough = limits.memory_bytes;
    const isHidden = sharedMemory() - shared_before > enough / 4; // somebody on this machine fills files in memory
    if (memoryOf(pids, enough) + (isHidden ? unnamedFilesOf(pids) : 0) > enough) return "memory_limit";
    return (await disk(pids)) ? "disk_limit" : null;
  };
  return {
    async during(work, struck) {
      const state = { over: false };
      const { promise: broken, reject } = Promise.withResolvers<never>();
      lookAgain(look, { over: () => state.over, now_ms, struck }).catch((error: unknown) => {
        if (!state.over) reject(error); // who cannot look does not know that all is well
      });
      try {
        return await Promise.race([work, broken]);
      } finally {
        state.over = true;
      }
    },
  };
}

type Looking = { over: () => boolean; now_ms: () => number; struck: (by: Strike) => void };

/** A look may cost a twentieth of the time, however much there is to look at; but nobody is unwatched for long. */
async function lookAgain(look: () => Promise<Strike | null>, { over, now_ms, struck }: Looking): Promise<void> {
  let rest_ms: number = LIMITS.watch_every_ms;
  for (;;) {
    await Bun.sleep(rest_ms);
    if (over()) return;
    const start_ms = now_ms();
    const by = await look();
    if (over()) return;
    if (by !== null) return struck(by);
    rest_ms = Math.min(Math.max(LIMITS.watch_every_ms, 20 * (now_ms() - start_ms)), LIMITS.unwatched_ms);
  }
}

/**
 * Counting files is dear, so they are counted when the disk has lost much since the last time, and now and then. What is
 * over the limit already may not grow further: a command that cleans up must be able to. Folders that a command closed are
 * opened only when the disk has lost so much that it may be in there; what stays hidden then counts as what is lost.
 */
function createDiskLook({ tmp, root, limits }: Watched, now_ms: () => number): DiskLook {
  const since_ms = lstatSync(tmp).ctimeMs; // the files' own clock: the isolation has just laid it out
  const free = () => [tmp, root].flatMap(roomOf);
  const first = free();
  const last = { free: first, at_ms: now_ms(), most: limits.tmp_bytes };
  return async (pids) => {
    const lostSince = (before: readonly number[]) =>
      Math.max(...free().map((bytes, i) => (before[i] ?? bytes) - bytes));
    if (lostSince(last.free) < limits.tmp_bytes / 8 && now_ms() - last.at_ms < LIMITS.count_files_every_ms)
      return false;
    const enough = last.most * 2;
    const count = async (opens: boolean) => {
      const own = await bytesBelow(tmp, { since_ms: 0, enough, opens });
      const work = await bytesBelow(root, { since_ms, enough, opens });
      return { bytes: own.bytes + work.bytes, hidden: own.hidden || work.hidden };
    };
    const seen = await count(false);
    const mayHide = seen.hidden && lostSince(first) > last.most;
    const { bytes, hidden } = mayHide ? await count(true) : seen;
    const written = (mayHide && hidden ? Math.max(bytes, lostSince(first)) : bytes) + removedFilesOf(pids);
    Object.assign(last, { free: free(), at_ms: now_ms() });
    const isOver = written > last.most;
    const most = isOver ? written + SLACK_BYTES : Math.min(last.most, written + SLACK_BYTES);
    last.most = Math.max(limits.tmp_bytes, most);
    return isOver;
  };
}
/** Whether the processes, and what they have written, are over the limit. */
type DiskLook = (pids: readonly number[]) => Promise<boolean>;
const SLACK_BYTES = 1024 * 1024;

/** What is free on the disk of a folder, in bytes: room for content, and room for names, as far as the disk has a number of them. */
function roomOf(folder: string): [content: number, names: number] {
  const { bavail, bsize, ffree } = statfsSync(folder);
  return [bavail * bsize, ffree * ENTRY_BYTES];
}
