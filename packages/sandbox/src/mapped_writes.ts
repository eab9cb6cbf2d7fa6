import { closeSync, lstatSync, openSync, rmSync, utimesSync, writeFileSync } from "node:fs";

const LONG_AGO_S = 1;

/**
 * Whether a write through a shared mapping shows in a file's times, where `probe` lies: a path for a file of ours, made and
 * removed here. Files in memory (tmpfs) are changed by it without a trace once the page has been read, so there nobody may
 * take a file for what it was because its times are.
 *
 * @throws Error of the system when the probe cannot be made
 */
export function showsMappedWrites(probe: string): boolean {
  if (process.platform !== "linux") return true;
  rmSync(probe, { recursive: true, force: true });
  writeFileSync(probe, "x", { flag: "wx", mode: 0o600 });
  const fd = openSync(probe, "r+");
  try {
    const mapped = Bun.mmap(`/proc/self/fd/${fd}`, { shared: true }); // by its number: Bun takes a backslash in a name for a slash
    utimesSync(probe, LONG_AGO_S, LONG_AGO_S);
    mapped[0] = (mapped[0] ?? 0) + 1; // reads first: that is what makes the page writable unseen
    return lstatSync(probe).mtimeMs !== LONG_AGO_S * 1000;
  } finally {
    closeSync(fd);
    rmSync(probe, { force: true });
  }
}
