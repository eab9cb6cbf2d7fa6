import { closeSync, lstatSync, openSync, readFileSync, readlinkSync, readSync } from "node:fs";
import { factsOf } from "../facts.ts";
import { errorCode } from "../file_errors.ts";
import { LIMITS } from "../limits.ts";
import type { Stamped } from "./statx.ts";

/**
 * `content` of an unclaimed file is kept in memory while there is room, because the folder for temporary files is not
 * safe from the command; beyond that git has it, when it is a tracked file that nobody had changed.
 */
export type Entry =
  | { kind: "file"; mode: number; size: number; links: number; stamp: string; content: Buffer | null }
  | { kind: "directory"; mode: number }
  | { kind: "link"; target: Buffer }
  | { kind: "other" };

/** `by_times`: whether its stamp tells that a file is what it was; `room`: for content, in bytes. */
export type Looking = { by_times: boolean | null; room: number };

/** What is there, by what the system says of it. What has the stamp it had keeps the content it had. */
export function entryOf(
  path: () => Buffer,
  { kind, mode, size_bytes: size, links, stamp: times }: Stamped,
  { known, by_times, room }: Looking & { known: Entry | undefined },
): Entry {
  if (kind === "directory") return { kind, mode };
  if (kind === "link") return { kind, target: readlinkSync(path(), { encoding: "buffer" }) };
  if (kind === "other") return { kind };
  const stamp = by_times ? times : `${hashOf(path())} ${times}`;
  if (known?.kind === "file" && known.stamp === stamp) return known.mode === mode ? known : { ...known, mode };
  const content = size <= Math.min(room, LIMITS.remember_file_bytes) ? contentOf(path()) : null;
  return { kind, mode, size, links, stamp, content };
}

/** The same as `stampAt`, for a path and on any system. null: it is gone, or in another user's closed folder. */
export function stampOf(path: Buffer): Stamped | null {
  try {
    const stat = lstatSync(path, { bigint: true, throwIfNoEntry: false });
    if (!stat) return null;
    const facts = factsOf({ mode: Number(stat.mode), size: Number(stat.size), nlink: Number(stat.nlink) });
    return { ...facts, stamp: `${stat.ino} ${stat.size} ${stat.mtimeNs} ${stat.ctimeNs} ${stat.nlink}` };
  } catch (error) {
    if (isErrno(error, UNLISTED)) return null;
    throw error;
  }
}

export function same(was: Entry, is: Entry): boolean {
  if (was === is) return true;
  if (was.kind === "file" && is.kind === "file") {
    if (was.mode !== is.mode) return false;
    if (was.stamp === is.stamp) return true;
    if (was.links !== is.links) return false; // a second name for it: write it anew
    return was.content !== null && is.content !== null && was.content.equals(is.content);
  }
  if (was.kind === "directory" && is.kind === "directory") return was.mode === is.mode;
  if (was.kind === "link" && is.kind === "link") return was.target.equals(is.target);
  return was.kind === is.kind;
}

export const isErrno = (error: unknown, codes: readonly string[]): boolean => codes.includes(errorCode(error) ?? "");

/** Gone meanwhile, deeper than a path can say, or another user's and closed. */
export const UNLISTED: readonly string[] = ["ENOENT", "ENOTDIR", "ENAMETOOLONG", "EACCES"];
export const DENIED: readonly string[] = ["EACCES", "EPERM", "ENOTEMPTY"];

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
