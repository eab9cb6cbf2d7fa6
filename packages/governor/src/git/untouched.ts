import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Git } from "./git.ts";
import { byteName, type Entry, oidIn, readIndex, statOf } from "./index_file.ts";
import { type Change, diffTrees } from "./tree_changes.ts";

const NONE = "000000";
/** Bits of an entry's flags: it is taken for unchanged, it has more flags, it is one side of a conflict. */
const SPECIAL = 0xf000;

/**
 * Whether a checkout surely has, wherever two commits differ, what the first one has: by its index, and by the times of files as
 * git takes them for unchanged. It is asked before a branch is moved; git looks again when it writes, and has the last word.
 *
 * @returns false also where it is only not plain to see, and git has to be asked
 */
export async function isAsCommitted(git: Git, { from, to }: { from: string; to: string }): Promise<boolean> {
  const changes = await diffTrees(git, from, to);
  const own = join(await git.ownDir(), "index");
  if (!existsSync(own) || existsSync(`${own}.lock`)) return false;
  const written_ns = statSync(own, { bigint: true }).mtimeNs;
  const bytes = readFileSync(own);
  if (bytes.length < 12 || isOther(bytes)) return false;
  const oid_bytes = from.length / 2;
  const entries = new Map(readIndex(bytes, oid_bytes).map((entry) => [entry.path, entry]));
  const folders = changes.some(({ old_mode }) => old_mode === NONE) ? foldersOf(entries.keys()) : new Set<string>();
  return changes.every((change) => {
    if (change.path.includes("\ufffd")) return false;
    const path = Buffer.from(change.path).toString("latin1");
    const entry = entries.get(path) ?? null;
    if (change.old_mode === NONE) return entry === null && !folders.has(path) && isFree(git.root, path, entries);
    if (entry === null || !isIndexed(bytes, entry, change)) return false;
    return isUntouched(bytes, { entry, file: byteName(git.root, path) }, written_ns);
  });
}

/** What our reader of an index does not read. */
const isOther = (bytes: Buffer): boolean => bytes.toString("latin1", 0, 4) !== "DIRC" || bytes.readUInt32BE(4) > 3;

function isIndexed(bytes: Buffer, entry: Entry, { old_mode, old_oid }: Change): boolean {
  const flags = bytes.readUInt16BE(entry.at + 40 + old_oid.length / 2);
  const isPlain = (flags & SPECIAL) === 0 && entry.mode.toString(8).startsWith("100");
  return isPlain && entry.mode === Number.parseInt(old_mode, 8) && oidIn(bytes, entry, old_oid.length / 2) === old_oid;
}

/** What was written as late as the index itself may have been written once more since, in the same moment. */
function isUntouched(
  bytes: Buffer,
  { entry: { at, mode }, file }: { entry: Entry; file: Buffer },
  written_ns: bigint,
): boolean {
  const stat = statOf(file);
  if (stat === null || !stat.isFile() || stat.mtimeNs >= written_ns) return false;
  const word = (nth: number) => BigInt(bytes.readUInt32BE(at + nth * 4));
  const time_ns = (nth: number) => word(nth) * 1_000_000_000n + word(nth + 1);
  const low = (value: bigint) => value & 0xffff_ffffn;
  return (
    time_ns(0) === stat.ctimeNs &&
    time_ns(2) === stat.mtimeNs &&
    word(5) === low(stat.ino) &&
    word(7) === low(stat.uid) &&
    word(8) === low(stat.gid) &&
    word(9) === low(stat.size) &&
    (stat.mode & 0o100n) === BigInt(mode & 0o100)
  );
}

/** Whether a new file may stand there: nothing does, and all that is above it are folders. */
function isFree(root: string, path: string, entries: ReadonlyMap<string, Entry>): boolean {
  if (statOf(byteName(root, path)) !== null) return false;
  return foldersAbove(path).every((folder) => {
    const stat = statOf(byteName(root, folder));
    return !entries.has(folder) && (stat === null || stat.isDirectory());
  });
}

const foldersAbove = (path: string): string[] => {
  const parts = path.split("/").slice(0, -1);
  return parts.map((_, at) => parts.slice(0, at + 1).join("/"));
};

const foldersOf = (paths: Iterable<string>): Set<string> => new Set([...paths].flatMap(foldersAbove));
