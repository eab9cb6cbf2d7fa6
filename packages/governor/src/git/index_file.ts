import {
  type BigIntStats,
  copyFileSync,
  lstatSync,
  readFileSync,
  renameSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { showsMappedWrites } from "@dgov/sandbox/mapped_writes";
import { DgovError } from "../error.ts";

/** One entry of git's index. `path` has one character a byte, so that every name survives; `at` is where it stands in the file. */
export type Entry = { path: string; at: number; ctime_s: number; ctime_ns: number; mode: number };

export const GITLINK = 0o160000;

/**
 * Reads the paths in an index of version 2 or 3, which is what our git writes (see `git.ts`).
 *
 * @param oid_bytes 20 or 32, as the repository's hash
 */
export function readIndex(bytes: Buffer, oid_bytes: number): Entry[] {
  const version = bytes.readUInt32BE(4);
  if (bytes.toString("latin1", 0, 4) !== "DIRC" || (version !== 2 && version !== 3))
    throw new DgovError("git_failed", `Cannot read a git index of version ${version}`);
  const entries: Entry[] = [];
  let at = 12;
  for (let left = bytes.readUInt32BE(8); left > 0; left--) {
    const flags_at = at + 40 + oid_bytes;
    const extended = (bytes[flags_at]! & 0x40) !== 0;
    const name_at = flags_at + (extended ? 4 : 2);
    const end = bytes.indexOf(0, name_at);
    entries.push({
      path: bytes.toString("latin1", name_at, end),
      at,
      ctime_s: bytes.readUInt32BE(at),
      ctime_ns: bytes.readUInt32BE(at + 4),
      mode: bytes.readUInt32BE(at + 24),
    });
    at += Math.ceil((end - at + 1) / 8) * 8; // padded with 1 to 8 NULs
  }
  return entries;
}

/** The object of an entry, in hexadecimal digits. */
export const oidIn = (bytes: Buffer, { at }: Pick<Entry, "at">, oid_bytes: number): string =>
  bytes.toString("hex", at + 40, at + 40 + oid_bytes);

/**
 * A copy is as old as the index, in whole seconds: git looks into files that were changed in the second in which they went into
 * the index, or since, and goes by the times of both. Beside a younger copy it would take them for unchanged.
 */
export function copyIndex(from: string, to: string): void {
  const written_s = Math.floor(statSync(from).mtimeMs / 1000);
  copyFileSync(from, to);
  utimesSync(to, written_s, written_s);
}

/** The paths of an index, one character a byte; the submodules apart, for nothing in them is ours. */
export function indexedPaths(index_file: string, oid_bytes: number): { files: Set<string>; gitlinks: Set<string> } {
  const files = new Set<string>();
  const gitlinks = new Set<string>();
  for (const { path, mode } of readIndex(readFileSync(index_file), oid_bytes))
    (mode === GITLINK ? gitlinks : files).add(path);
  return { files, gitlinks };
}

/**
 * Makes git look into every file that someone could have changed without its noticing.
 *
 * Git takes a file for unchanged while size and times are as in the index, and compares times by the second. A stranger can
 * set the modification time back, but not the change time: so only a file that went into the index in the very second in
 * which it was then changed again can pass. Those few are compared here by the nanosecond, and what differs is forgotten by
 * the index. On a file system in memory a write through a mapping leaves no trace: there the index forgets all of them.
 *
 * @param probe a path for a file of ours on the same file system
 */
export function distrust(index_file: string, root: string, oid_bytes: number, probe = probeIn(root)): void {
  const bytes = readFileSync(index_file);
  const written_s = Math.floor(statSync(index_file).mtimeMs / 1000);
  const by_times = showsMappedWrites(probe);
  const forged = readIndex(bytes, oid_bytes).filter(
    (entry) => entry.mode !== GITLINK && !(by_times && (entry.ctime_s < written_s || unchanged(root, entry))),
  );
  if (forged.length === 0) return;
  for (const { at } of forged) bytes.fill(0, at, at + 16);
  const body = bytes.subarray(0, bytes.length - oid_bytes);
  bytes.set(new Bun.CryptoHasher(oid_bytes === 20 ? "sha1" : "sha256").update(body).digest(), body.length);
  writeFileSync(`${index_file}.new`, bytes);
  renameSync(`${index_file}.new`, index_file);
}

/** Whether the times of files in a worktree tell that they are what they were. */
export const timesTell = (root: string): boolean => showsMappedWrites(probeIn(root));

const probeIn = (root: string): string => join(root, ".dgov-times");

function unchanged(root: string, { path, ctime_s, ctime_ns }: Entry): boolean {
  const stat = statOf(byteName(root, path));
  return stat?.ctimeNs === BigInt(ctime_s) * 1_000_000_000n + BigInt(ctime_ns);
}

/** The real name of a path that has one character a byte. */
export const byteName = (root: string, path: string): Buffer =>
  Buffer.concat([Buffer.from(join(root, "/")), Buffer.from(path, "latin1")]);

/** What stands at a path, itself and not what it links to; null when there is nothing, also because a file is in the way. */
export function statOf(path: string | Buffer): BigIntStats | null {
  try {
    return lstatSync(path, { bigint: true });
  } catch (error) {
    if (error instanceof Error && "code" in error && GONE.has(String(error.code))) return null;
    throw error;
  }
}

const GONE = new Set(["ENOENT", "ENOTDIR", "ELOOP", "EACCES"]);
