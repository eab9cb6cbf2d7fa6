import { readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { unlessGone } from "../process_tree.ts";

/**
 * The memory that processes hold of their own, swapped out or not: not programs and files that the kernel could drop.
 * What several of them share is counted once, but only where the quick count says more than `enough_bytes`.
 */
export function memoryOf(pids: readonly number[], enough_bytes: number): number {
  const quick = sum(pids.map((pid) => fieldsOf(`/proc/${pid}/status`, ["RssAnon", "RssShmem", "VmSwap"]) ?? 0));
  if (quick <= enough_bytes) return quick;
  return sum(pids.map((pid) => fieldsOf(`/proc/${pid}/smaps_rollup`, ["Pss_Anon", "Pss_Shmem", "SwapPss"]) ?? 0));
}

/** Memory in files without a name that processes have open (memfd_create): no process's own count shows it. */
export function unnamedFilesOf(pids: readonly number[]): number {
  const seen = new Map<number, number>();
  for (const pid of pids)
    for (const fd of unlessGone(() => readdirSync(`/proc/${pid}/fd`)) ?? []) {
      const path = `/proc/${pid}/fd/${fd}`;
      if (!nameOf(path)?.startsWith("/memfd:")) continue;
      const stat = unlessGone(() => statSync(path));
      if (stat) seen.set(stat.ino, stat.blocks * BLOCK_BYTES);
    }
  return sum([...seen.values()]);
}

/** Bytes of files on a disk that have no name any more and are held open: no look at folders finds them. */
export function removedFilesOf(pids: readonly number[]): number {
  const seen = new Map<string, number>();
  for (const pid of pids)
    for (const fd of unlessGone(() => readdirSync(`/proc/${pid}/fd`)) ?? []) {
      const path = `/proc/${pid}/fd/${fd}`;
      const name = nameOf(path);
      if (!name?.endsWith(" (deleted)") || name.startsWith("/memfd:")) continue;
      const stat = unlessGone(() => statSync(path));
      if (stat?.isFile() && stat.nlink === 0) seen.set(`${stat.dev} ${stat.ino}`, stat.blocks * BLOCK_BYTES);
    }
  return sum([...seen.values()]);
}

/** What an open file is called. One that lies too deep for a path may be removed: its count of names says whether it is. */
function nameOf(opened: string): string | null {
  try {
    return unlessGone(() => readlinkSync(opened));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENAMETOOLONG") return "… (deleted)";
    throw error;
  }
}

/** All memory of the machine that is files in memory. */
export const sharedMemory = (): number => fieldsOf("/proc/meminfo", ["Shmem"]) ?? 0;

const BLOCK_BYTES = 512;
const sum = (values: readonly number[]) => values.reduce((all, one) => all + one, 0);

/** Fields of a file of /proc that are given in kB, added up in bytes; null: the process is gone. */
function fieldsOf(path: string, names: readonly string[]): number | null {
  const text = unlessGone(() => readFileSync(path, "utf8"));
  if (text === null) return null;
  return sum(names.map((name) => 1024 * Number(new RegExp(`^${name}:\\s*(\\d+) kB`, "m").exec(text)?.[1] ?? 0)));
}
