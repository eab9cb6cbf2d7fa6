import { readdirSync, readFileSync } from "node:fs";

/**
 * A process as /proc shows it. `filters`: how many system call filters it carries, which never get fewer; `inner`: whether
 * it lives in a process namespace below ours.
 */
export type ProcessFacts = { pid: number; name: string; state: string; filters: number; inner: boolean };

/** The processes right below one, over all its threads. Gone processes have none: they end while we look. */
export const childrenOf = (pid: number): number[] => childrenOfThreads(pid, threadsOf(pid));

const threadsOf = (pid: number) => unlessGone(() => readdirSync(`/proc/${pid}/task`)) ?? [];

function childrenOfThreads(pid: number, threads: readonly string[]): number[] {
  return threads.flatMap((thread) => {
    const text = unlessGone(() => readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8")) ?? "";
    return text.split(" ").filter(Boolean).map(Number);
  });
}

/** Every process below one, nearest first. `spared` processes and what is below them are left out. */
export function descendantsOf(pid: number, spared: ReadonlySet<number> = new Set()): number[] {
  const found = new Set<number>();
  const next = [pid];
  for (let at = next.pop(); at !== undefined; at = next.pop())
    for (const child of childrenOf(at)) {
      if (spared.has(child) || found.has(child)) continue;
      found.add(child);
      next.push(child);
    }
  return [...found];
}

type Tasks = { processes: number; threads: number };

/**
 * Whether more than so many processes are below one, or more than so many threads in them. What is `ours` does not count,
 * but what is below it does. It stops counting there: a fork bomb grows faster than a walk.
 */
export function hasMoreBelow(pid: number, most: Tasks, ours: ReadonlySet<number> = new Set()): boolean {
  const next = [pid];
  const count = { processes: 0, threads: 0 };
  for (let at = next.pop(); at !== undefined; at = next.pop()) {
    const threads = threadsOf(at);
    if (at !== pid && !ours.has(at)) {
      count.processes++;
      count.threads += threads.length;
    }
    if (count.threads > most.threads) return true; // before their children are asked for, which is a look at each
    next.push(...childrenOfThreads(at, threads));
    const foreign = next.length - Math.min(next.length, ours.size);
    if (count.processes + foreign > most.processes) return true;
  }
  return false;
}

/** null: there is no such process any more. */
export function factsOf(pid: number): ProcessFacts | null {
  const text = unlessGone(() => readFileSync(`/proc/${pid}/status`, "utf8"));
  if (text === null) return null;
  const field = (name: string) => new RegExp(`^${name}:\\s*(\\S+)`, "m").exec(text)?.[1] ?? "";
  const filters = field("Seccomp_filters"); // since Linux 5.9
  return {
    pid,
    name: field("Name"),
    state: field("State"),
    inner: /^NSpid:\s*\d+\s+\d+/m.test(text),
    filters: filters === "" ? (field("Seccomp") === "2" ? 1 : 0) : Number(filters),
  };
}

/** The memory that a process has in use. 0: it is gone, or there is no /proc. */
export function residentBytes(pid: number): number {
  const text = unlessGone(() => readFileSync(`/proc/${pid}/status`, "utf8")) ?? "";
  return Number(/^VmRSS:\s*(\d+)/m.exec(text)?.[1] ?? 0) * 1024;
}

/**
 * Ends every process below one: first stops them, so that none can start another behind our back, then kills.
 * Returns when only dead ones are left, or after `rounds_max` looks.
 */
export function endDescendants(pid: number, spared: ReadonlySet<number> = new Set(), rounds_max = 200): void {
  for (let round = 0; round < rounds_max; round++) {
    const alive = descendantsOf(pid, spared).filter((child) => isAlive(child));
    if (alive.length === 0) return;
    const stopped = new Set<number>();
    for (let found = alive; found.length > 0; ) {
      for (const child of found) signal(child, "SIGSTOP");
      for (const child of found) stopped.add(child);
      found = descendantsOf(pid, spared).filter((child) => !stopped.has(child) && isAlive(child));
    }
    for (const child of stopped) signal(child, "SIGKILL");
    Bun.sleepSync(round < 10 ? 1 : 10);
  }
}

/** Whether a process still runs: one that has ended and waits to be collected does not. */
export function isAlive(pid: number): boolean {
  const state = factsOf(pid)?.state;
  return state !== undefined && state !== "Z" && state !== "X";
}

/** Sends a signal to a process that may have ended meanwhile, or may be out of reach. */
export function signal(pid: number, name: NodeJS.Signals | number): "sent" | "gone" | "refused" {
  try {
    process.kill(pid, name);
    return "sent";
  } catch (error) {
    if (codeOf(error) === "ESRCH") return "gone";
    if (codeOf(error) === "EPERM") return "refused";
    throw error;
  }
}

/** What a look at a process gives; null: the process is gone, or is another user's. */
export function unlessGone<T>(look: () => T): T | null {
  try {
    return look();
  } catch (error) {
    if (["ENOENT", "ESRCH", "EACCES", "EPERM"].includes(codeOf(error))) return null;
    throw error;
  }
}

const codeOf = (error: unknown): string => (error instanceof Error && "code" in error ? String(error.code) : "");
