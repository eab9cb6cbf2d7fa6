import {
  chmodSync,
  closeSync,
  type Dirent,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  readSync,
  renameSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { isReserved } from "../claim.ts";
import { LIMITS } from "../limits.ts";
import { showsMappedWrites } from "../mapped_writes.ts";
import type { Grant } from "./isolation.ts";

/** What was put back, and what could not be: changed content that neither memory nor git had. */
export type Restored = { put_back: string[]; lost: string[] };

/** Called before and after each command. */
export type Guard = { remember(): void; putBack(): Restored };

/**
 * `content` of an unclaimed file is kept in memory while there is room, because the folder for temporary files is not
 * safe from the command; beyond that git has it, when it is a tracked file that nobody had changed.
 */
type Entry =
  | { kind: "file"; mode: number; size: number; stamp: string; content: Buffer | null }
  | { kind: "directory"; mode: number }
  | { kind: "link"; target: Buffer }
  | { kind: "other" };

/** `fromGit` gives a file as the base commit has it, or null. */
export type Guarded = {
  root: string;
  write: "all" | readonly Grant[];
  tool: boolean; // whether a task's tools run here: then git's and dgov's own files in granted folders are guarded too
  fromGit: (path: string) => Buffer | null;
};

/** Watches the granted folders for what was not claimed: a folder is more than the file it was granted for. */
export function createGuard(guarded: Guarded): Guard {
  const watch = watchList(guarded);
  let before = new Map<string, Entry>();
  return {
    remember() {
      watch.by_times ??= watch.roots.every((folder) => hasTimes(join(guarded.root, folder)));
      before = take(guarded.root, watch, before);
    },
    putBack() {
      if (watch.roots.length === 0) return { put_back: [], lost: [] };
      const after = take(guarded.root, watch, before);
      return restore(guarded, { before, after });
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

/** Every unclaimed thing in the watched folders, parents first. What has the stamp it had keeps the content it had. */
function take(
  root: string,
  { roots, claimed, deep, by_times }: Watch,
  known: ReadonlyMap<string, Entry>,
): Map<string, Entry> {
  const found = new Map<string, Entry>();
  let room = LIMITS.remember_bytes;
  const note = (path: string): Entry | null => {
    const entry = look(byteName(root, path), known.get(path), { room, by_times });
    if (entry === null) return null;
    found.set(path, entry);
    if (entry.kind === "file") room -= entry.content?.length ?? 0;
    return entry;
  };
  const visit = (folder: string) => {
    for (const dirent of entriesOf(byteName(root, folder))) {
      const path = folder === "." ? dirent.name : `${folder}/${dirent.name}`;
      if (!claimed(spoken(path))) note(path);
      const isOurs = deep && path !== ".git"; // a real `.git` of the root is not granted
      if (dirent.isDirectory() && isOurs && !isTooDeep(byteName(root, path))) visit(path);
    }
  };
  for (const folder of roots.map(asBytes)) {
    if (!claimed(spoken(folder))) note(folder);
    visit(folder);
  }
  return found;
}

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

const isErrno = (error: unknown, codes: readonly string[]): boolean =>
  error instanceof Error && "code" in error && codes.includes(String(error.code));

/** Gone meanwhile, deeper than a path can say, or another user's and closed. */
const UNLISTED: readonly string[] = ["ENOENT", "ENOTDIR", "ENAMETOOLONG", "EACCES"];
const DENIED: readonly string[] = ["EACCES", "EPERM", "ENOTEMPTY"];

type Looking = Pick<Watch, "by_times"> & { room: number };

function look(path: Buffer, known: Entry | undefined, { room, by_times }: Looking): Entry | null {
  const stat = statOf(path);
  if (!stat) return null;
  const mode = Number(stat.mode) & 0o7777;
  if (stat.isDirectory()) return { kind: "directory", mode };
  if (stat.isSymbolicLink()) return { kind: "link", target: readlinkSync(path, { encoding: "buffer" }) };
  if (!stat.isFile()) return { kind: "other" };
  const size = Number(stat.size);
  const told = by_times ? "" : hashOf(path);
  const stamp = `${told} ${stat.ino} ${stat.size} ${stat.mtimeNs} ${stat.ctimeNs} ${stat.nlink}`; // ctime cannot be set by hand
  if (known?.kind === "file" && known.stamp === stamp) return { ...known, mode };
  const content = size <= Math.min(room, LIMITS.remember_file_bytes) ? contentOf(path) : null;
  return { kind: "file", mode, size, stamp, content };
}

/** null: it is gone, or in another user's closed folder. */
function statOf(path: Buffer) {
  try {
    return lstatSync(path, { bigint: true, throwIfNoEntry: false }) ?? null;
  } catch (error) {
    if (isErrno(error, UNLISTED)) return null;
    throw error;
  }
}

/** Of a file of any size, in parts; "" for one that is closed to us. */
function hashOf(path: Buffer): string {
  const hasher = new Bun.CryptoHasher("sha1");
  const part = Buffer.allocUnsafe(LIMITS.remember_file_bytes);
  try {
    const fd = openSync(path, "r");
    try {
      for (let read = readSync(fd, part); read > 0; read = readSync(fd, part)) hasher.update(part.subarray(0, read));
    } finally {
      closeSync(fd);
    }
    return hasher.digest("hex");
  } catch (error) {
    if (isErrno(error, DENIED)) return "";
    throw error;
  }
}

/** null: it is closed to us, and so to every command, until one opens it. */
function contentOf(path: Buffer): Buffer | null {
  try {
    return readFileSync(path);
  } catch (error) {
    if (isErrno(error, DENIED)) return null;
    throw error;
  }
}

type Comparison = { before: ReadonlyMap<string, Entry>; after: ReadonlyMap<string, Entry> };

/** What cannot be done, as on a full disk, is told as lost: the worker may know a way, and the work is judged anyway. */
function restore(guarded: Guarded, { before, after }: Comparison): Restored {
  const put_back = new Set<string>();
  const lost = new Set<string>();
  const attempt = (path: string, work: () => boolean | null) => {
    const done = openingAbove(byteName(guarded.root, path), work);
    if (done !== null) (done ? put_back : lost).add(spoken(path));
  };
  for (const [path, is] of [...after].reverse())
    if (before.get(path)?.kind !== is.kind) attempt(path, () => (removeNew(guarded.root, path, is) ? true : null)); // children come first
  for (const [path, was] of before) {
    const is = lstatSync(byteName(guarded.root, path), { throwIfNoEntry: false }) ? after.get(path) : undefined;
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

function same(was: Entry, is: Entry): boolean {
  if (was.kind === "file" && is.kind === "file") {
    if (was.mode !== is.mode) return false;
    if (was.stamp === is.stamp) return true;
    if (is.stamp.split(" ").at(-1) !== was.stamp.split(" ").at(-1)) return false; // a second name for it: write it anew
    return was.content !== null && is.content !== null && was.content.equals(is.content);
  }
  if (was.kind === "directory" && is.kind === "directory") return was.mode === is.mode;
  if (was.kind === "link" && is.kind === "link") return was.target.equals(is.target);
  return was.kind === is.kind;
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
