import { readFileSync } from "node:fs";
import { unlessGone } from "../process_tree.ts";
import type { Libc } from "./libc.ts";

/**
 * Shared memory of System V, which belongs to no process and outlives all: only who lives in the same IPC namespace sees
 * it. Use it only where that namespace is the jail's own: else these are everybody's.
 */
export type Segments = { bytes(): number; removeAll(): void };

export function createSegments(libc: Libc): Segments {
  return {
    bytes: () => rows().reduce((all, { held_bytes }) => all + held_bytes, 0),
    removeAll() {
      for (const { id } of rows()) libc.syscall("shmctl", id, IPC_RMID, 0); // gone already: then it may fail
    },
  };
}
const IPC_RMID = 0;

/** Columns by their names in the first line, since kernels add some. */
function rows(): { id: number; held_bytes: number }[] {
  const [head = "", ...lines] = (unlessGone(() => readFileSync("/proc/sysvipc/shm", "utf8")) ?? "").trim().split("\n");
  const names = head.trim().split(/\s+/);
  return lines.map((line) => {
    const values = line.trim().split(/\s+/);
    const value = (name: string) => Number(values[names.indexOf(name)] ?? 0);
    return { id: value("shmid"), held_bytes: value("rss") + value("swap") };
  });
}
