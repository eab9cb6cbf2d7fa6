import { readFileSync } from "node:fs";
import type { ResourceLimits } from "./confinement.ts";

/** Threads and processes that a server inside a jail may still start when its commands may start no more. */
export const TASKS_KEPT = 256;

/** Memory of the server itself, and of what the kernel holds for all of them, when its commands may have no more. */
const MEMORY_KEPT_BYTES = 256 * 1024 * 1024;

/** What so many processes may have together: a run time has some threads for each, and some for each core. */
export const tasksFor = (processes: number) => ({
  processes,
  threads: 4 * processes + 8 * navigator.hardwareConcurrency + 64,
});

/**
 * Where the kernel stops them, when whoever watches them looked too late: beyond what is watched, by what the server needs
 * and by what the kernel counts and the watch does not (tables, buffers). Files in memory are limited as files.
 */
export const wallFor = ({ memory_bytes, processes, tmp_bytes }: ResourceLimits, files_in_memory: boolean) => ({
  memory_bytes: memory_bytes + memory_bytes / 16 + MEMORY_KEPT_BYTES + (files_in_memory ? tmp_bytes : 0),
  tasks: tasksFor(processes).threads + TASKS_KEPT,
});

/** The kernel's hard limit for this process, above which nobody without privileges comes. Infinity: there is none. */
export function mostOf(what: "open files" | "processes"): number {
  const most = new RegExp(`^Max ${what}\\s+\\S+\\s+(\\S+)`, "m").exec(readFileSync("/proc/self/limits", "utf8"))?.[1];
  if (most === undefined) throw new Error(`Cannot read the limit of ${what}: /proc/self/limits does not name it`);
  return most === "unlimited" ? Number.POSITIVE_INFINITY : Number(most);
}

/**
 * The line of a shell by which it, and what it starts, leaves room for us; "": nothing is limited here. The shells know
 * the limit under two names.
 */
export function leaveRoom(): string {
  if (process.platform !== "linux" || process.getuid?.() === 0) return "";
  const most = mostOf("processes") - TASKS_KEPT;
  return most > 0 && most < Number.POSITIVE_INFINITY ? `{ ulimit -u ${most} || ulimit -p ${most}; } 2>/dev/null; ` : "";
}
