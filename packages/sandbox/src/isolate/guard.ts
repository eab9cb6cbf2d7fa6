import {
  chmodSync,
  closeSync,
  type Dirent,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { isReserved } from "../claim.ts";
import { FOLDER_FLAGS } from "../descent.ts";
import { LIMITS } from "../limits.ts";
import { showsMappedWrites } from "../mapped_writes.ts";
import { DENIED, type Entry, entryOf, isErrno, same, stampOf, UNLISTED } from "./entry.ts";
import type { Grant } from "./isolation.ts";
import type { Libc } from "./libc.ts";
import type { Stamped } from "./statx.ts";

/** What was put back, and what could not be: changed content that neither memory nor git had. */
export type Restored = { put_back: string[]; lost: string[] };

/** Called before and after each command. */
export type Guard = { remember(): void; putBack(): Restored };

/** `fromGit` gives a file as the base commit has it, or null; `stampAt` is the kernel's own call, and may answer null. */
export type Guarded = {
  root: string;
  write: "all" | readonly Grant[];
  tool: boolean; // whether a task's tools run here: then git's and dgov's own files in granted folders are guarded too
  fromGit: (path: string) => Buffer | null;
  stampAt: Libc["stampAt"];
};

/** Watches the granted folders for what was not claimed: a folder is more than the file it was granted for. */
export function createGuard(guarded: Guarded): Guard {
  const watch = watchList(guarded);
  let before: Seen = { entries: new Map(), claimed: new Set() };
  return {
    remember() {
      watch.by_times ??= watch.roots.every((folder) => hasTimes(join(guarded.root, folder)));
      before = take(guarded, watch, before);
    },
    putBack() {
      if (watch.roots.length === 0) return { put_back: [], lost: [] };
      const after = take(guarded, watch, before);
      return restore(guarded, { before: before.entries, after: after.entries });
    },
  };
}

/** `by_times`: whether the times of a file tell that it is what it was; null until it is tried. */
type Watch = { roots: string[]; claimed: (path: string) => boolean; deep: boolean; by_times: boolean | null };

/** A name that nobody claims, and that a killed process may leave. */
const OWN_NAME = ".dgov-put-back";

function hasTimes(folder: string): boolean {
  try {
    return showsMappedWrites(join(folder, OWN_NAME));
  } catch (error) {
    if (error instanceof Error && "code" in error) return false; // who cannot try reads everything
    throw error;
  }
}

function watchList({ write, tool }: Guarded): Watch {
  if (write === "all") {
    const ownGit = (path: string) => path === ".git";
    return { roots: ["."], claimed: (path) => !ownGit(path), deep: false, by_times: null };
  }
  const folders = write.flatMap((grant) => (grant.kind === "directory" ? [grant] : []));
  const files = new Set(write.flatMap((grant) => (grant.kind === "file" ? [grant.path] : [])));
  const tests = folders.map(({ path, only }) => ({
    path,
    only: only?.map((source) => new RegExp(source, "u")) ?? null,
  }));
  const claimed = (path: string) => {
    if (path.split("/").some((part) => part.toLowerCase() === ".git")) return false;
    if (tool && isReserved(path)) return false;
    if (files.has(path)) return true;
    return tests.some((test) => within(path, test.path) && (test.only?.some((only) => only.test(path)) ?? true));
  };
  const roots = folders
    .map(({ path }) => path)
    .filter((path) => !folders.some((other) => other.path !== path && within(path, other.path)));
  return { roots: [...new Set(roots)], claimed, deep: true, by_times: null };
}

const within = (path: string, folder: string) => folder === "." || path === folder || path.startsWith(`${folder}/`);

/** What lies in the watched folders: every unclaimed thing, parents first, and the names of what is claimed. */
type Seen = { entries: Map<string, Entry>; claimed: Set<string> };

/** Looks at everything. A path that was seen before need not be judged again: claims do not change. */
function take(guarded: Guarded, watch: Watch, known: Seen): Seen {
  const { root, stampAt } = guarded;
  const found: Seen = { entries: new Map(), claimed: new Set() };
  let room = LIMITS.remember_bytes;
  const note = (path: string, seen: () => Stamped | null): void => {
    const was = known.entries.get(path);
    if (was === undefined && (known.claimed.has(path) || watch.claimed(spoken(path)))) {
      found.claimed.add(path);
      return;
    }
    const at = () => byteName(root, path);
    const stamped = seen() ?? stampOf(at());
    if (stamped === null) return;
    const entry = entryOf(at, stamped, { known: was, room, by_times: watch.by_times });
    found.entries.set(path, entry);
    if (entry.kind === "file") room -= entry.content?.length ?? 0;
  };
  const visit = (folder: string) => {
    const at = byteName(root, folder);
    const below = folder === "." ? "" : `${folder}/`;
    const entries = entriesOf(at);
    const held = hold(at);
    for (const { name } of entries) note(below + name, () => (held < 0 ? null : stampAt(held, name)));
    if (held >= 0) closeSync(held);
    for (const dirent of watch.deep ? entries : []) {
      const path = below + dirent.name; // a real `.git` of the root is not granted
      if (dirent.isDirectory() && path !== ".git" && !isTooDeep(byteName(root, path))) visit(path);
    }
  };
  for (const folder of watch.roots.map(asBytes)) {
    note(folder, () => null);
    visit(folder);
  }
  return found;
}

/** Holds a folder open, so that what is in it is found by its name alone. -1: it cannot be, and each has its whole path. */
function hold(folder: Buffer): number {
  try {
    return openSync(folder, FOLDER_FLAGS);
  } catch (error) {
    if (isErrno(error, UNHELD)) return -1;
    throw error;
  }
}
const UNHELD: readonly string[] = [...UNLISTED, "EPERM", "EMFILE", "ENFILE", "ELOOP"];

/** A path with one character a byte, as all are here: a name need not be UTF-8, and would be passed over. */
const asBytes = (path: string): string => Buffer.from(path).toString("latin1");
/** The same path as it is told, and as claims know it. */
const spoken = (path: string): string => Buffer.from(path, "latin1").toString();
const byteName = (root: string, path: string): Buffer =>
  Buffer.concat([Buffer.from(`${root}/`), Buffer.from(path, "latin1")]);

/** What lies in such a folder may have no name that the system takes: it comes and goes with the folder. */
const isTooDeep = (name: Buffer): boolean => name.length > DEEP_BYTES;
const DEEP_BYTES = 3_500;

/** A folder that the command closed to itself is opened again: what is in it counts. */
function entriesOf(folder: Buffer): Dirent[] {
  try {
    if ((lstatSync(folder).mode & 0o500) !== 0o500) openFolder(folder);
    return readdirSync(folder, { encoding: "latin1", withFileTypes: true });
  } catch (error) {
    if (isErrno(error, UNLISTED)) return [];
    throw error;
  }
}

/** false: it is another user's, and so no command could have changed it. */
function openFolder(folder: Buffer): boolean {
  try {
    chmodSync(folder, (lstatSync(folder).mode & 0o7777) | 0o700);
    return true;
  } catch (error) {
    if (isErrno(error, DENIED)) return false;
    throw error;
  }
}

type Comparison = { before: ReadonlyMap<string, Entry>; after: ReadonlyMap<string, Entry> };

/** What cannot be done, as on a full disk, is told as lost: the worker may know a way, and the work is judged anyway. */
function restore(guarded: Guarded, { before, after }: Comparison): Restored {
  const put_back = new Set<string>();
  const lost = new Set<string>();
  const changed = new Set<string>(); // by us, here: until then what was seen is there
  const attempt = (path: string, work: () => boolean | null) => {
    changed.add(path);
    const done = openingAbove(byteName(guarded.root, path), work);
    if (done !== null) (done ? put_back : lost).add(spoken(path));
  };
  for (const [path, is] of [...after].reverse())
    if (before.get(path)?.kind !== is.kind) attempt(path, () => (removeNew(guarded.root, path, is) ? true : null)); // children come first
  for (const [path, was] of before) {
    const isThere = changed.size === 0 || lstatSync(byteName(guarded.root, path), { throwIfNoEntry: false });
    const is = isThere ? after.get(path) : undefined;
    if (is === undefined || !same(was, is)) attempt(path, () => mend(guarded, path, was, is));
  }
  for (const [path, was] of [...before].reverse())
    if (was.kind === "directory") closeAgain(byteName(guarded.root, path), was.mode);
  return { put_back: [...put_back].filter((path) => !lost.has(path)).sort(), lost: [...lost].sort() };
}

/** Works in the folder above a path, which the command may have closed. false: it cannot be done. */
function openingAbove(path: Buffer, work: () => boolean | null): boolean | null {
  for (const last of [false, true])
    try {
      return work();
    } catch (error) {
      if (!(error instanceof Error && "code" in error)) throw error;
      if (last || !isErrno(error, DENIED) || !openFolder(path.subarray(0, path.lastIndexOf("/")))) return false;
    }
  return false;
}

/** The modes of folders come last: in one that was closed before, too, things had to be put back. */
function closeAgain(folder: Buffer, mode: number): void {
  const stat = lstatSync(folder, { throwIfNoEntry: false });
  if (stat?.isDirectory() && (stat.mode & 0o7777) !== mode) chmodSync(folder, mode);
}

/** A folder that is not empty holds something claimed, and stays: nobody claims folders by themselves. */
function removeNew(root: string, path: string, entry: Entry): boolean {
  const name = byteName(root, path);
  if (entry.kind !== "directory") rmSync(name, { force: true });
  else if (path.endsWith("/.git") || isTooDeep(name)) removeAll(name);
  else if (readdirSync(name).length > 0) return false;
  else rmdirSync(name);
  return true;
}

function removeAll(folder: Buffer): void {
  try {
    rmSync(folder, { recursive: true, force: true });
  } catch (error) {
    if (!isErrno(error, DENIED)) throw error;
    openAll(folder);
    rmSync(folder, { recursive: true, force: true });
  }
}

function openAll(folder: Buffer): void {
  openFolder(folder);
  for (const entry of entriesOf(folder))
    if (entry.isDirectory()) openAll(Buffer.concat([folder, Buffer.from(`/${entry.name}`, "latin1")]));
}

/** false: the content is nowhere to be had. */
function mend({ root, fromGit }: Guarded, path: string, was: Entry, is: Entry | undefined): boolean {
  const at = byteName(root, path);
  const above = at.subarray(0, at.lastIndexOf("/"));
  mkdirSync(above, { recursive: true });
  if (was.kind === "directory") {
    if (is?.kind !== "directory") mkdirSync(at, { recursive: true }); // its mode comes last
    return true;
  }
  if (was.kind === "link") {
    rmSync(at, { force: true });
    symlinkSync(was.target, at);
    return true;
  }
  if (was.kind === "other") return false;
  const content = was.content ?? fromGit(spoken(path));
  if (content === null || content.length !== was.size) return false;
  const beside = Buffer.concat([above, Buffer.from(`/${OWN_NAME}`)]); // of its own, since a name can have its full length
  removeAll(beside);
  if (is?.kind === "directory") removeAll(at);
  writeFileSync(beside, content, { mode: 0o600, flag: "wx" });
  chmodSync(beside, was.mode);
  renameSync(beside, at);
  return true;
}
