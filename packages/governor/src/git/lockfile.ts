import { linkSync, readFileSync, readlinkSync, renameSync, unlinkSync, writeFileSync } from "node:fs";

/** Who holds a lock. `born` and `host` tell a process from a later one of the same number, and from one of another machine. */
export type Holder = { pid: number; born: string; host: string; at_ms: number };
export type Taken = { release: () => void } | { held_by: Holder };

/**
 * Takes the lock at `path`, or says who holds it. The lock of a process that is no more counts for nothing: whoever finds
 * it may bury it, but only one can, since the right to bury is again such a lock, named for the dead.
 */
export function takeLock(path: string, at_ms: number): Taken {
  const own = `${path}.${process.pid}`;
  const me: Holder = { ...ownIdentity(), at_ms };
  writeFileSync(own, JSON.stringify(me));
  try {
    for (;;) {
      if (linked(own, path)) return { release: () => release(path, me) };
      const holder = readHolder(path);
      if (holder === null) continue; // let go in between
      if (isAlive(holder)) return { held_by: holder };
      const right = takeLock(`${path}.of-${holder.pid}-${holder.born}`, at_ms);
      if ("held_by" in right) return right;
      const still = readHolder(path);
      const mine = still !== null && same(still, holder);
      if (mine) renameSync(own, path);
      right.release();
      if (mine) return { release: () => release(path, me) };
    }
  } finally {
    remove(own);
  }
}

/** This process, as its locks name it. */
export const ownIdentity = (): Omit<Holder, "at_ms"> => ({ pid: process.pid, ...identity(process.pid) });

/** Whether the holder may still run. One of another machine or container cannot be asked, so it may. */
export function isAlive({ pid, born, host }: Holder): boolean {
  if (host !== identity(process.pid).host) return true;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (!isCode(error, "EPERM")) return false;
  }
  return identity(pid).born === born;
}

/** The holder of a lock, or null when nobody has it. A file that cannot be read as one was torn by a crash: nobody's. */
export function readHolder(path: string): Holder | null {
  try {
    const holder: unknown = JSON.parse(readFileSync(path, "utf8"));
    return isHolder(holder) ? holder : NOBODY;
  } catch (error) {
    if (isCode(error, "ENOENT")) return null;
    if (error instanceof SyntaxError) return NOBODY;
    throw error;
  }
}

const NOBODY: Holder = { pid: 0, born: "torn", host: identity(process.pid).host, at_ms: 0 };

const isHolder = (value: unknown): value is Holder =>
  typeof value === "object" && value !== null && ["pid", "born", "host", "at_ms"].every((key) => key in value);

/** What tells a process from another of the same number: its start in clock ticks, and the machine's boot and namespace. */
function identity(pid: number): { born: string; host: string } {
  const stat = read(`/proc/${pid}/stat`);
  const state = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const born = state[0] === "Z" ? "" : (state[19] ?? "");
  return { born, host: `${read("/proc/sys/kernel/random/boot_id").trim()}/${namespace()}` };
}

function namespace(): string {
  try {
    return readlinkSync("/proc/self/ns/pid");
  } catch {
    return ""; // no Linux: one namespace is all there is
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return ""; // the process has ended, or a system without /proc
  }
}

const same = (a: Holder, b: Holder) => a.pid === b.pid && a.born === b.born && a.host === b.host && a.at_ms === b.at_ms;

function release(path: string, me: Holder) {
  const holder = readHolder(path);
  if (holder && same(holder, me)) remove(path);
}

function linked(own: string, path: string): boolean {
  try {
    linkSync(own, path);
    return true;
  } catch (error) {
    if (isCode(error, "EEXIST")) return false;
    throw error;
  }
}

function remove(path: string) {
  try {
    unlinkSync(path);
  } catch (error) {
    if (!isCode(error, "ENOENT")) throw error;
  }
}

const isCode = (error: unknown, code: string) => error instanceof Error && "code" in error && error.code === code;
