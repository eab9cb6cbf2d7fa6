import {
  chmodSync,
  type Dirent,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { isReserved } from "../claim.ts";
import { LIMITS } from "../limits.ts";
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
  | { kind: "link"; target: string }
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
      before = take(guarded.root, watch, before);
    },
    putBack() {
      if (watch.roots.length === 0) return { put_back: [], lost: [] };
      const after = take(guarded.root, watch, before);
      return restore(guarded, { before, after });
    },
  };
}

type Watch = { roots: string[]; claimed: (path: string) => boolean; deep: boolean };

function watchList({ write, tool }: Guarded): Watch {
  if (write === "all") {
    const ownGit = (path: string) => path === ".git";
    return { roots: ["."], claimed: (path) => !ownGit(path), deep: false };
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
  return { roots: [...new Set(roots)], claimed, deep: true };
}

const within = (path: string, folder: string) => folder === "." || path === folder || path.startsWith(`${folder}/`);

/** Every unclaimed thing in the watched folders, parents first. What has the stamp it had keeps the content it had. */
function take(root: string, { roots, claimed, deep }: Watch, known: ReadonlyMap<string, Entry>): Map<string, Entry> {
  const found = new Map<string, Entry>();
  let room = LIMITS.remember_bytes;
  const visit = (folder: string) => {
    for (const dirent of entriesOf(join(root, folder))) {
      const path = folder === "." ? dirent.name : `${folder}/${dirent.name}`;
      if (!claimed(path)) {
        const entry = look(join(root, path), known.get(path), room);
        if (entry === null) continue;
        found.set(path, entry);
        if (entry.kind === "file") room -= entry.content?.length ?? 0;
      }
      if (dirent.isDirectory() && deep && path !== ".git") visit(path); // a real `.git` of the root is not granted
    }
  };
  for (const folder of roots) visit(folder);
  return found;
}

/** A folder that the command closed to itself is opened again: what is in it counts. */
function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    if (UNLISTED.includes(code)) return [];
    const stat = code === "EACCES" ? lstatSync(folder) : null;
    if (stat === null || (stat.mode & 0o700) === 0o700) throw error;
    chmodSync(folder, (stat.mode & 0o777) | 0o700);
    return entriesOf(folder);
  }
}

/** Gone meanwhile, or deeper than a path can say, where git holds nothing either. */
const UNLISTED: readonly string[] = ["ENOENT", "ENOTDIR", "ENAMETOOLONG"];

function look(path: string, known: Entry | undefined, room: number): Entry | null {
  const stat = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  if (!stat) return null;
  const mode = Number(stat.mode) & 0o7777;
  if (stat.isDirectory()) return { kind: "directory", mode };
  if (stat.isSymbolicLink()) return { kind: "link", target: readlinkSync(path) };
  if (!stat.isFile()) return { kind: "other" };
  const size = Number(stat.size);
  const stamp = `${stat.ino} ${stat.size} ${stat.mtimeNs} ${stat.ctimeNs} ${stat.nlink}`; // ctime cannot be set by hand
  if (known?.kind === "file" && known.stamp === stamp) return { ...known, mode };
  const content = size <= Math.min(room, LIMITS.remember_file_bytes) ? readFileSync(path) : null;
  return { kind: "file", mode, size, stamp, content };
}

type Comparison = { before: ReadonlyMap<string, Entry>; after: ReadonlyMap<string, Entry> };

function restore(guarded: Guarded, { before, after }: Comparison): Restored {
  const put_back: string[] = [];
  const lost: string[] = [];
  for (const path of [...after.keys()].reverse()) {
    const was = before.get(path);
    const is = after.get(path);
    if (was?.kind === is?.kind) continue;
    if (removeNew(join(guarded.root, path), is)) put_back.push(path); // children come first: the order is reversed
  }
  for (const [path, was] of before) {
    const is = lstatSync(join(guarded.root, path), { throwIfNoEntry: false }) ? after.get(path) : undefined;
    if (is !== undefined && same(was, is)) continue;
    const mended = mend(guarded, path, was, is);
    if (mended) put_back.push(path);
    else lost.push(path);
  }
  return { put_back: [...new Set(put_back)].filter((path) => !lost.includes(path)).sort(), lost: lost.sort() };
}

/** A folder that is not empty holds something claimed, and stays: nobody claims folders by themselves. */
function removeNew(path: string, entry: Entry | undefined): boolean {
  if (entry?.kind !== "directory") {
    rmSync(path, { force: true });
    return true;
  }
  if (path.endsWith("/.git")) {
    rmSync(path, { recursive: true, force: true });
    return true;
  }
  if (readdirSync(path).length > 0) return false;
  rmdirSync(path);
  return true;
}

function same(was: Entry, is: Entry): boolean {
  if (was.kind === "file" && is.kind === "file") {
    if (was.mode !== is.mode) return false;
    if (was.stamp === is.stamp) return true;
    if (is.stamp.split(" ").at(-1) !== was.stamp.split(" ").at(-1)) return false; // a second name for it: write it anew
    return was.content !== null && is.content !== null && was.content.equals(is.content);
  }
  if (was.kind === "directory" && is.kind === "directory") return was.mode === is.mode;
  if (was.kind === "link" && is.kind === "link") return was.target === is.target;
  return was.kind === is.kind;
}

/** false: the content is nowhere to be had. */
function mend({ root, fromGit }: Guarded, path: string, was: Entry, is: Entry | undefined): boolean {
  const at = join(root, path);
  mkdirSync(dirname(at), { recursive: true });
  if (was.kind === "directory") {
    if (is?.kind !== "directory") mkdirSync(at, { recursive: true });
    chmodSync(at, was.mode);
    return true;
  }
  if (was.kind === "link") {
    rmSync(at, { force: true });
    symlinkSync(was.target, at);
    return true;
  }
  if (was.kind === "other") return false;
  const content = was.content ?? fromGit(path);
  if (content === null || content.length !== was.size) return false;
  const beside = `${at}.dgov-put-back`;
  rmSync(beside, { recursive: true, force: true });
  if (is?.kind === "directory") rmSync(at, { recursive: true });
  writeFileSync(beside, content, { mode: 0o600, flag: "wx" });
  chmodSync(beside, was.mode);
  renameSync(beside, at);
  return true;
}
