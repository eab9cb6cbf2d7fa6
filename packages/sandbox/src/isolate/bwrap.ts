import { lstatSync, statSync } from "node:fs";
import type { Place } from "./landlock.ts";

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

export type BwrapOrder = { places: readonly Place[]; read_only: readonly string[]; network: boolean };

/** The words before the program: everything readable, the places writable, and nothing else of the machine to be seen. */
export function bwrapWords({ places, read_only, network }: BwrapOrder): string[] {
  const bind = (word: string, path: string) => [word, path, path];
  const outerFirst = [...places].sort((a, b) => a.path.length - b.path.length);
  return [
    ...["--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"],
    ...outerFirst.flatMap(({ path }) => bind("--bind", path)),
    ...read_only.flatMap((path) => bind("--ro-bind", path)),
    ...["--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"],
    ...(network ? [] : ["--unshare-net"]),
    ...["--die-with-parent", "--new-session", "--chdir", "/", "--"],
  ];
}
