import { readFileSync } from "node:fs";

/** Threads and processes that a server inside a jail may still start when its commands may start no more. */
export const TASKS_KEPT = 256;

/** What so many processes may have together: a run time has some threads for each, and some for each core. */
export const tasksFor = (processes: number) => ({
  processes,
  threads: 4 * processes + 8 * navigator.hardwareConcurrency + 64,
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
