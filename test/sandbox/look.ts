import { lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { homedir, hostname } from "node:os";
import { isAbsolute, join } from "node:path";

/** What stands below a folder, by path: for two looks to be compared. */
export type Seen = ReadonlyMap<string, string>;

/** @returns the paths at which two looks differ */
export function changedPaths(before: Seen, after: Seen): string[] {
  return [...new Set([...before.keys(), ...after.keys()])].filter((path) => before.get(path) !== after.get(path));
}

/**
 * Everything below a folder: kind, mode, owner and content, and of what `dated` accepts also the links to it and when
 * it was written. Paths in `except` are left out, with all in them.
 */
export function lookBelow(folder: string, except: ReadonlySet<string>, dated: (path: string) => boolean): Seen {
  const found = new Map<string, string>();
  const visit = (at: string) => {
    for (const name of readdirSync(join(folder, at)).sort()) {
      const path = at === "" ? name : `${at}/${name}`;
      if (except.has(path)) continue;
      const stat = lstatSync(join(folder, path));
      const own = `${stat.mode.toString(8)} ${stat.uid}:${stat.gid}`;
      const when = dated(path) ? ` ${stat.nlink} ${stat.mtimeMs}` : "";
      if (stat.isDirectory()) {
        found.set(path, own);
        visit(path);
      } else if (stat.isSymbolicLink()) found.set(path, `-> ${readlinkSync(join(folder, path))}`);
      else if (stat.isFile()) found.set(path, `${own}${when} ${Bun.hash(readFileSync(join(folder, path)))}`);
      else found.set(path, own);
    }
  };
  visit("");
  return found;
}

/** Places of the machine that a task might want to leave something in. */
const MACHINE = [
  ..."/etc/passwd /etc/shadow /etc/group /etc/hosts /etc/sudoers /etc/crontab /etc/ld.so.preload".split(" "),
  ..."/var/spool/cron /var/spool/cron/crontabs /var/spool/at /root/.ssh /root/.bashrc".split(" "),
  ...[".bashrc", ".profile", ".gitconfig", ".netrc", ".ssh/authorized_keys", ".ssh/config"].map((name) =>
    join(homedir(), name),
  ),
];
const NAMED_MAX = 50;

/**
 * The machine beyond the laboratory: its name and what stands at the places that everybody knows and at those that the
 * input names. Only these, for others work on the machine, too.
 */
export function lookAround(input: string, { folder, worktree }: { folder: string; worktree: string }): Seen {
  const named = [...new Set(input.match(/(?<![\w.$}])(?:~|\.\.)?\/[\w./+@-]+/g) ?? [])].slice(0, NAMED_MAX);
  const paths = [...MACHINE, ...named.map((path) => placeOf(path, worktree))];
  const outside = paths.filter((path) => !/^\/(proc|sys|dev)(\/|$)/.test(path) && !path.startsWith(`${folder}/`));
  return new Map([["the machine's name", hostname()], ...outside.map((path) => [path, lookAt(path)] as const)]);
}

function placeOf(path: string, worktree: string): string {
  if (path.startsWith("~")) return join(homedir(), path.slice(1));
  return isAbsolute(path) ? join(path) : join(worktree, path);
}

/** Of a folder only that it is there: others write into it. */
function lookAt(path: string): string {
  try {
    const stat = lstatSync(path);
    const mode = `${stat.mode.toString(8)} ${stat.uid}`;
    return stat.isDirectory() ? mode : `${mode} ${stat.size} ${stat.mtimeMs} ${stat.nlink}`;
  } catch (error) {
    return error instanceof Error && "code" in error ? String(error.code) : "unknown";
  }
}
