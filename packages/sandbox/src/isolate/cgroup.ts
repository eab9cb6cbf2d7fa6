import { closeSync, constants, existsSync, mkdirSync, openSync, readFileSync, rmdirSync, writeSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { descendantsOf, signal } from "../process_tree.ts";
import type { Parents } from "./cgroup_parents.ts";

/** What the kernel lets the processes of a group have together. `tasks` are processes and their threads. */
export type GroupLimits = { memory_bytes: number; tasks: number };

/**
 * One control group, or the pair of them that version 1 needs.
 *
 * `memory_events` and `pids_events` are the files in which the kernel counts how often a limit has struck
 */
export type ControlGroup = { folders: readonly string[]; memory_events: string; pids_events: string };

type Word = { controller: "memory" | "pids"; file: string; word: string; optional?: true };

/**
 * What is written to make the limits. What is in memory may not go to the swap instead: version 1 limits both together,
 * version 2 each; a machine without swap may lack that file. The whole group is not to die at once
 * (`memory.oom.group`): the server that answers is in it.
 */
export function limitWords(version: Parents["version"], { memory_bytes, tasks }: GroupLimits): Word[] {
  const most = String(Math.floor(memory_bytes));
  const memory: Word[] =
    version === 1
      ? [
          { controller: "memory", file: "memory.limit_in_bytes", word: most },
          { controller: "memory", file: "memory.memsw.limit_in_bytes", word: most, optional: true },
        ]
      : [
          { controller: "memory", file: "memory.max", word: most },
          { controller: "memory", file: "memory.swap.max", word: "0", optional: true },
        ];
  return [...memory, { controller: "pids", file: "pids.max", word: String(tasks) }];
}

/**
 * Makes a group with its limits, and nobody in it.
 *
 * @throws Error when the kernel refuses
 */
export function makeGroup(parents: Parents, name: string, limits: GroupLimits): ControlGroup {
  const [memory, pids] = [join(parents.memory, name), join(parents.pids, name)];
  const group: ControlGroup = {
    folders: [...new Set([memory, pids])],
    memory_events: join(memory, parents.version === 1 ? "memory.oom_control" : "memory.events"),
    pids_events: join(pids, "pids.events"),
  };
  try {
    for (const folder of group.folders) mkdirSync(folder);
    for (const { controller, file, word, optional } of limitWords(parents.version, limits)) {
      const path = join(parents[controller], name, file);
      if (!optional || existsSync(path)) tellGroup(path, word);
    }
    return group;
  } catch (error) {
    for (const folder of group.folders) removeFolder(folder);
    throw error;
  }
}

/**
 * Takes a process in, with all that it has started. Whoever is started by one that is inside is inside, so it ends when a
 * look finds nobody new. A first move after a quiet time waits for all processors, some milliseconds: not in this thread.
 *
 * @throws Error when the kernel refuses
 */
export async function enterGroup({ folders }: ControlGroup, pid: number): Promise<void> {
  const inside = new Set<number>();
  const outside = () => [pid, ...descendantsOf(pid)].filter((one) => !inside.has(one));
  for (let found = outside(); found.length > 0; found = outside())
    for (const one of found) {
      inside.add(one);
      for (const folder of folders) await tellLater(join(folder, "cgroup.procs"), String(one));
    }
}

/** Ends all that are in a group. None of them can start another meanwhile: in version 1, nobody may be started any more. */
export async function endGroup({ folders }: Pick<ControlGroup, "folders">): Promise<void> {
  for (const folder of folders) {
    if (existsSync(join(folder, "cgroup.kill"))) {
      tellGroup(join(folder, "cgroup.kill"), "1");
      continue;
    }
    if (existsSync(join(folder, "pids.max"))) tellGroup(join(folder, "pids.max"), "0");
    for (let round = 0; round < ROUNDS_MAX; round++) {
      const alive = membersOf(folder).filter((pid) => signal(pid, "SIGKILL") === "sent");
      if (alive.length === 0) break;
      await Bun.sleep(1);
    }
  }
}

/** Removes a group. Its last processes may still be on their way out; what cannot be removed is left to the next start. */
export async function removeGroup({ folders }: Pick<ControlGroup, "folders">): Promise<void> {
  for (let round = 0; round < ROUNDS_MAX; round++) {
    if (folders.map(removeFolder).every((removed) => removed)) return;
    await Bun.sleep(round < 10 ? 1 : 10);
  }
}

const ROUNDS_MAX = 200;

/** How often a limit of a group has struck: the texts are those of its two files of events. */
export type Strikes = { memory: number; processes: number };
export const strikesIn = (memory_events: string, pids_events: string): Strikes => ({
  memory: Number(/^oom_kill (\d+)/m.exec(memory_events)?.[1] ?? 0),
  processes: Number(/^max (\d+)/m.exec(pids_events)?.[1] ?? 0),
});

/** Writes to a file of the kernel: it is never made by that. A process named in it may have ended meanwhile. */
export function tellGroup(path: string, word: string): void {
  const fd = openSync(path, constants.O_WRONLY);
  try {
    writeSync(fd, word);
  } catch (error) {
    unlessEnded(error);
  } finally {
    closeSync(fd);
  }
}

async function tellLater(path: string, word: string): Promise<void> {
  const file = await open(path, constants.O_WRONLY);
  try {
    await file.write(word).catch(unlessEnded);
  } finally {
    await file.close();
  }
}

/** Processes that we can name. One of a namespace that we do not see is listed as 0, which as a target is ourselves. */
function membersOf(folder: string): number[] {
  const path = join(folder, "cgroup.procs");
  if (!existsSync(path)) return [];
  return readFileSync(path, "utf8")
    .split("\n")
    .map(Number)
    .filter((pid) => pid > 0);
}

/** @returns whether it is gone */
function removeFolder(folder: string): boolean {
  try {
    rmdirSync(folder);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return true;
    if (error instanceof Error && "code" in error && error.code === "EBUSY") return false;
    throw error;
  }
}

function unlessEnded(error: unknown): void {
  if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
}
