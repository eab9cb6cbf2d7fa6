import { accessSync, chmodSync, closeSync, constants, fstatSync, openSync, readlinkSync } from "node:fs";
import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import { isWithin } from "./toolchain.ts";

/** `hidden`: something could not be looked at, so there may be more. */
export type Written = { bytes: number; hidden: boolean };

/** `opens`: whether folders that their owner closed, who is the user that we are, are opened to be counted. */
export type Counting = { since_ms: number; enough: number; opens: boolean };

/** Bytes on the disk below a folder, of what was changed since then. Stops counting once they are more than enough. */
export async function bytesBelow(folder: string, { since_ms, enough, opens }: Counting): Promise<Written> {
  const found: Written = { bytes: 0, hidden: false };
  const missed = (error: unknown) => {
    if (isHidden(error)) found.hidden = true;
    return null;
  };
  const next = [folder];
  for (let at = next.pop(); at !== undefined && found.bytes <= enough; at = next.pop()) {
    if (opens) openFolder(at, folder);
    for (const entry of (await readdir(at, { withFileTypes: true }).catch(missed)) ?? []) {
      const path = join(at, entry.name);
      if (entry.isDirectory()) next.push(path);
      const stat = await lstat(path).catch(missed);
      if (stat && stat.ctimeMs >= since_ms) found.bytes += Math.max(stat.blocks * BLOCK_BYTES, ENTRY_BYTES);
    }
  }
  return found;
}

const BLOCK_BYTES = 512;
/** About what a name and a place in the disk's tables take: an empty file is not for nothing. */
export const ENTRY_BYTES = 1024;

/** The command goes on meanwhile: what it has removed counts nothing. What it closed, or laid too deep for a path, is there. */
function isHidden(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (code === "ENOENT" || code === "ENOTDIR") return false;
  if (code === "EACCES" || code === "ENAMETOOLONG") return true;
  throw error;
}

/**
 * The folder is held, and seen to lie inside, before its mode is changed: a command could put a link in its place. One that
 * cannot be opened stays hidden.
 */
function openFolder(path: string, inside: string): void {
  try {
    accessSync(path, constants.R_OK | constants.X_OK);
  } catch (error) {
    if (isHidden(error)) forceOpen(path, inside);
  }
}

function forceOpen(path: string, inside: string): void {
  const held = unlessMissed(() => openSync(path, O_PATH | constants.O_NOFOLLOW | constants.O_DIRECTORY));
  if (held === null) return;
  try {
    const itself = `/proc/self/fd/${held}`;
    if (isWithin(readlinkSync(itself), inside))
      unlessMissed(() => chmodSync(itself, (fstatSync(held).mode & 0o7777) | 0o500));
  } finally {
    closeSync(held);
  }
}
const O_PATH = 0o10_000_000; // on both machines: it opens what cannot be read

/** null: it is gone, closed, or another user's. */
function unlessMissed<Value>(act: () => Value): Value | null {
  try {
    return act();
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    if (["ENOENT", "ENOTDIR", "ELOOP", "EACCES", "EPERM", "ENAMETOOLONG"].includes(code)) return null;
    throw error;
  }
}
