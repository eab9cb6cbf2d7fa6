/**
 * The rungs of the ladder, strongest first (`seatbelt` is `landlock`'s peer on macOS). At `wasm` there is no jail of the
 * operating system, so no native process is started at all. There is no rung that lets a command run unconfined.
 */
export type Level = "bwrap" | "landlock" | "seatbelt" | "wasm";

const STRENGTH: Readonly<Record<Level, number>> = { wasm: 0, landlock: 1, seatbelt: 1, bwrap: 2 };

/** Whether a level is at least as strong as the weakest that is accepted. */
export const reaches = (level: Level, min: Level): boolean => STRENGTH[level] >= STRENGTH[min];

/** What of the network there is. `hosts`: only these names, through a proxy outside that resolves and checks addresses. */
export type Network = "none" | "open" | { hosts: readonly string[] };

/** Who keeps the limits of memory and of processes: the kernel with the watch, or the watch alone, and what would mend that. */
export type LimitsKept = { by: "cgroup"; version: 1 | 2 } | { by: "watch"; why: string; cure: string };

/** What one isolated process and all that it starts may use together, as far as the level can keep it. */
export type ResourceLimits = {
  memory_bytes: number;
  processes: number;
  tmp_bytes: number; // all of the private folder
  file_bytes: number; // one file
  open_files: number; // of one process
};
