import { accessSync, constants, existsSync, mkdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { tellGroup } from "./cgroup.ts";
import { isGroupName } from "./cgroup_name.ts";
import { isWithin } from "./toolchain.ts";

/** Where groups can be made. In version 2 both are one folder. */
export type Parents = { version: 1 | 2; memory: string; pids: string };
/** Why there are none, and what gives some. */
export type NoParents = { why: string; cure: string };

/**
 * How this process stands: what `/proc/self/cgroup` and `/proc/self/mountinfo` say, whether a process is ours (this one
 * and what it started), and what the group would be called into which ours go where one has to be divided.
 */
export type Standing = { cgroup: string; mountinfo: string; ours: () => ReadonlySet<number>; home: string };

const CONTROLLERS = ["memory", "pids"] as const;
const DELEGATE = "Run it with a control group of its own: systemd-run --user --scope -p Delegate=yes dgov …";

/**
 * Folders in which this process may make groups with a limit of memory and of tasks. In version 2 it may come to sit in
 * a group below its own: one that hands out controllers holds no processes.
 */
export function findParents(standing: Standing): Parents | NoParents {
  const [memory, pids] = CONTROLLERS.map((controller) => ownFolder(standing, controller));
  if (memory && pids) return parentsOfVersion1(memory, pids);
  const own = ownFolder(standing, null);
  if (own === null)
    return {
      why: "no control groups with the controllers memory and pids are mounted here",
      cure: "Mount them: mount -t cgroup2 none /sys/fs/cgroup",
    };
  const parent = parentOfVersion2(own, standing);
  return typeof parent === "string" ? { version: 2, memory: parent, pids: parent } : parent;
}

function parentsOfVersion1(memory: string, pids: string): Parents | NoParents {
  const closed = [memory, pids].find((folder) => !isWritable(folder));
  if (closed === undefined) return { version: 1, memory, pids };
  const user = process.getuid?.() ?? 0;
  return {
    why: `this user may make no control group in ${closed}`,
    cure: `As root, give the shell that starts dgov (PID) groups of its own: for g in ${memory} ${pids}; do mkdir -p $g/dgov; chown -R ${user} $g/dgov; echo PID > $g/dgov/cgroup.procs; done`,
  };
}

/** The folder in which groups can be made, or why there is none. */
function parentOfVersion2(own: string, { ours, home }: Standing): string | NoParents {
  const missing = CONTROLLERS.filter((controller) => !wordsOf(join(own, "cgroup.controllers")).includes(controller));
  if (missing.length > 0) return { why: `the control group ${own} has no ${missing.join(" and ")}`, cure: DELEGATE };
  if (handsOut(own)) return own;
  const parent = dirname(own);
  if (isGroupName(basename(own)) && handsOut(parent)) return parent; // an earlier start has divided it
  if (!isWritable(own)) return beside(own) ?? closedTo(own);
  if (!existsSync(join(own, "cgroup.type"))) return divided(own); // the root of all groups, which may hold processes
  const known = ours();
  if (membersOf(own).every((pid) => known.has(pid))) return divided(own, home);
  return beside(own) ?? { why: `other processes share the control group ${own}`, cure: DELEGATE };
}

const membersOf = (folder: string): number[] => wordsOf(join(folder, "cgroup.procs")).map(Number);

const closedTo = (own: string): NoParents => ({
  why: `this user may make no control group in ${own}`,
  cure: DELEGATE,
});

/**
 * The group that ours lies in, where it hands out both controllers and is this user's, too. What somebody has limited in
 * ours must not be got round, so that is left alone.
 */
function beside(own: string): string | null {
  const parent = dirname(own);
  const allowed = handsOut(parent) && isWritable(parent) && isWritable(join(parent, "cgroup.procs"));
  return allowed && UNLIMITED.every((file) => (wordsOf(join(own, file))[0] ?? "max") === "max") ? parent : null;
}
const UNLIMITED = ["memory.max", "memory.high", "memory.swap.max", "cpu.max"];

/** Hands out both controllers from here on, for which all that sit here go down into `home`; absent: they may stay. */
function divided(own: string, home?: string): string | NoParents {
  try {
    if (home !== undefined) moveDown(own, join(own, home));
    tellGroup(join(own, "cgroup.subtree_control"), CONTROLLERS.map((name) => `+${name}`).join(" "));
    return own;
  } catch (error) {
    return { why: `the control group ${own} cannot be divided: ${wordsIn(error)}`, cure: DELEGATE };
  }
}

/** Whoever is started by one that has moved is down already: so it ends when a look finds nobody new. */
function moveDown(own: string, home: string): void {
  mkdirSync(home, { recursive: true });
  const moved = new Set<number>();
  const left = () => membersOf(own).filter((pid) => !moved.has(pid));
  for (let found = left(); found.length > 0; found = left())
    for (const pid of found) {
      moved.add(pid);
      tellGroup(join(home, "cgroup.procs"), String(pid));
    }
}

/** This process's own folder of a controller in version 1; null for the controller: of version 2. null: there is none. */
function ownFolder({ cgroup, mountinfo }: Standing, controller: string | null): string | null {
  const path = cgroup
    .split("\n")
    .map((line) => /^(\d+):([^:]*):(.*)$/.exec(line))
    .find((found) => (controller === null ? found?.[1] === "0" : found?.[2]?.split(",").includes(controller)))?.[3];
  const mount = mountinfo
    .split("\n")
    .map(mountOf)
    .find(
      (found) =>
        found !== null &&
        (controller === null
          ? found.type === "cgroup2"
          : found.type === "cgroup" && found.options.includes(controller)),
    );
  if (path === undefined || !mount || !isWithin(path, mount.root)) return null;
  const folder = join(mount.at, relative(mount.root, path));
  return existsSync(folder) ? folder : null;
}

type Mount = { root: string; at: string; type: string; options: string[] };

function mountOf(line: string): Mount | null {
  const [before = "", after = ""] = line.split(" - ");
  const [, , , root, at] = before.split(" ");
  const [type = "", , options = ""] = after.split(" ");
  if (root === undefined || at === undefined) return null;
  const plain = (text: string) =>
    text.replace(/\\(\d{3})/g, (_, code) => String.fromCharCode(Number.parseInt(code, 8)));
  return { root: plain(root), at: plain(at), type, options: options.split(",") };
}

const handsOut = (folder: string) =>
  CONTROLLERS.every((controller) => wordsOf(join(folder, "cgroup.subtree_control")).includes(controller));

/** The words of a file; none where there is no such file, as above the mounted root. */
function wordsOf(path: string): string[] {
  if (!existsSync(path)) return [];
  return readFileSync(path, "utf8").split(/\s+/).filter(Boolean);
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error) return false;
    throw error;
  }
}

const wordsIn = (error: unknown) => (error instanceof Error ? error.message : String(error));
