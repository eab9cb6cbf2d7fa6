import { readFileSync, readSync, writeSync } from "node:fs";
import { type Strikes, strikesIn } from "./cgroup.ts";
import { type Libc, SyscallError } from "./libc.ts";
import type { Strike } from "./watch.ts";

/**
 * Descriptors that an isolated process is started with and keeps, one after the other, and that nothing it starts gets.
 *
 * `events`  the two files in which the kernel counts how often a limit of the control group has struck; null: no group
 * `score`   the process's own word on who goes first when memory runs out
 */
export type KernelFiles = { events: readonly [memory: number, pids: number] | null; score: number };

/** The numbers that descriptors get which come after `before` others. */
export function kernelFiles(before: number, events: number): KernelFiles {
  const first = 3 + before;
  return { events: events === 2 ? [first, first + 1] : null, score: first + events };
}

const O_WRONLY = 1;
const F_SETFD = 2;
const FD_CLOEXEC = 1;
const CLOSE_RANGE_CLOEXEC = 4;

/** Before the process is restricted: afterwards nobody inside can open that file. Where it cannot be had, the place stays empty. */
export function holdScore(libc: Libc, { score }: KernelFiles): void {
  const fd = libc.open("/proc/self/oom_score_adj", O_WRONLY);
  if (fd < 0) return;
  libc.syscall("dup3", fd, score, 0);
  libc.syscall("close", fd);
}

/** The program that takes this one's place gets these, and none else. */
export function keepOnly(libc: Libc, { events, score }: KernelFiles): void {
  const kept = [...(events ?? []), score];
  const [first = score] = kept;
  if (first > 3) libc.syscall("close_range", 3, first - 1, CLOSE_RANGE_CLOEXEC);
  libc.syscall("close_range", score + 1, 0xffffffff, CLOSE_RANGE_CLOEXEC);
  for (const fd of kept)
    if (libc.syscall("fcntl", fd, F_SETFD, 0) < 0) throw new SyscallError("keep a descriptor", libc.errno());
}

/**
 * What the server knows of the kernel's limits.
 *
 * `count`   begins to count; what it gives says which limit has struck since
 * `lesser`  starts something that is to go before this process when memory runs out
 */
export type KernelLimits = { count(): () => Strike | null; lesser<Started>(start: () => Started): Started };

/** null: this process was started without such files. */
export function openKernelLimits(libc: Libc, files: KernelFiles | null): KernelLimits {
  if (files === null) return { count: () => () => null, lesser: (start) => start() };
  const { events, score } = files;
  for (const fd of [...(events ?? []), score]) libc.syscall("fcntl", fd, F_SETFD, FD_CLOEXEC);
  const own = readFileSync("/proc/self/oom_score_adj", "utf8").trim();
  const look = () => (events === null ? NONE : strikesIn(textOf(events[0]), textOf(events[1])));
  return {
    count() {
      const before = look();
      return () => limitIn(look(), before);
    },
    lesser(start) {
      writeSync(score, FIRST_TO_GO); // what is started now inherits it
      try {
        return start();
      } finally {
        writeSync(score, own);
      }
    },
  };
}

const NONE: Strikes = { memory: 0, processes: 0 };
const FIRST_TO_GO = "1000";

/** Which limit has struck since `before`. */
export function limitIn(now: Strikes, before: Strikes = NONE): "memory_limit" | "process_limit" | null {
  if (now.memory > before.memory) return "memory_limit";
  return now.processes > before.processes ? "process_limit" : null;
}

const bytes = new Uint8Array(4096);

/** From its beginning: the kernel writes it anew for each reader that starts there. */
const textOf = (fd: number): string =>
  Buffer.from(bytes.buffer, 0, readSync(fd, bytes, 0, bytes.length, 0)).toString("latin1");
