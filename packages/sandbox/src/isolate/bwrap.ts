import { lstatSync, statSync } from "node:fs";
import type { Place } from "./landlock.ts";
import type { Readable } from "./readable.ts";
import { isWithin } from "./toolchain.ts";

/** Only folders that root alone writes: a `bwrap` of the repository's or the user's would be no wall. */
const TRUSTED = ["/usr/bin/bwrap", "/bin/bwrap", "/usr/local/bin/bwrap"];

/** The bubblewrap of this machine, or null. */
export function findBwrap(): string | null {
  const isProgram = (path: string) => {
    const stat = lstatSync(path, { throwIfNoEntry: false }) && statSync(path, { throwIfNoEntry: false });
    return stat?.isFile() === true && stat.uid === 0 && (stat.mode & 0o022) === 0 && (stat.mode & 0o111) !== 0;
  };
  return TRUSTED.find(isProgram) ?? null;
}

/**
 * `places`      what may be written
 * `read_only`   what of that may not
 * `shm_bytes`   how large its own /dev/shm may grow, which is memory
 */
export type BwrapOrder = {
  places: readonly Place[];
  read_only: readonly string[];
  readable: Readable | "all";
  network: boolean;
  shm_bytes: number;
};

/** The words before the program: what is readable and what is writable, and nothing else of the machine to be seen. */
export function bwrapWords({ places, read_only, readable, network, shm_bytes }: BwrapOrder): string[] {
  const bind = (word: string, path: string) => [word, path, path];
  const outerFirst = [...places].sort((a, b) => a.path.length - b.path.length);
  return [
    ...seen(readable, places, ["--size", String(shm_bytes), "--tmpfs", "/dev/shm"]),
    ...outerFirst.flatMap(({ path }) => bind("--bind", path)),
    ...read_only.flatMap((path) => bind("--ro-bind", path)),
    ...["--remount-ro", "/dev", "--remount-ro", "/"],
    ...["--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"],
    ...(network ? [] : ["--unshare-net"]),
    ...["--die-with-parent", "--new-session", "--chdir", "/", "--"],
  ];
}

/**
 * The first root is empty. What is written is bound later, so what may be read and lies in it is left to that. The `own`
 * /dev/shm comes before what is bound: that may lie in the machine's, and would be covered.
 */
function seen(readable: Readable | "all", written: readonly Place[], own: readonly string[]): string[] {
  const kernel = ["--dev", "/dev", "--proc", "/proc", ...own];
  if (readable === "all") return ["--ro-bind", "/", "/", ...kernel];
  const read = readable.places.filter(({ path }) => !written.some((place) => isWithin(path, place.path)));
  return [
    ...kernel,
    ...read.flatMap(({ path }) => ["--ro-bind", path, path]),
    ...readable.links.flatMap(({ path, target }) => ["--symlink", target, path]),
    ...readable.hidden.flatMap(({ kind, path }) =>
      kind === "file" ? ["--ro-bind", "/dev/null", path] : ["--tmpfs", path, "--remount-ro", path],
    ),
  ];
}
