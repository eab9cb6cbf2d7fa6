import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * What was judged before, kept beside the objects, where every worktree finds it and none is dirtied by it. A key says all
 * that an answer hangs on, so that nothing in it becomes untrue; losing it costs the time of judging again.
 */
export type Kept = {
  read(key: string): unknown;
  write(keys: readonly string[], value: object): void;
};

/** Below the folder that all worktrees share. */
export const PREFLIGHT_FOLDER = "dgov-preflight";
/** Two for each verdict: about as many commits as a person makes in months. */
const KEPT_MAX = 1_000;
/** To look who is the oldest takes longer the more there are: it is done for one key of so many, and each is as likely. */
const LOOKED_AFTER = 32;

/** A digest of texts and bytes, each told from the next. */
export function keyOf(...parts: readonly (string | Uint8Array)[]): string {
  const hasher = new Bun.CryptoHasher("sha256");
  for (const part of parts) {
    hasher.update(`${part.length}:`);
    hasher.update(part);
  }
  return hasher.digest("hex");
}

/** Several processes may write at once: each file is written whole or not at all. */
export function openKept(common_dir: string): Kept {
  const folder = join(common_dir, PREFLIGHT_FOLDER, "kept");
  const fileOf = (key: string) => join(folder, `${key}.json`);
  return {
    read(key) {
      const file = fileOf(key);
      return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : null;
    },
    write(keys, value) {
      try {
        mkdirSync(folder, { recursive: true });
        for (const key of keys) {
          const draft = join(folder, `${key}.${process.pid}.tmp`);
          writeFileSync(draft, JSON.stringify(value));
          renameSync(draft, fileOf(key));
        }
        if (keys.some(isLookedAfter)) forgetOldest(folder);
      } catch (error) {
        if (!isRefused(error)) throw error; // who may not write here judges again the next time
      }
    },
  };
}

const isLookedAfter = (key: string): boolean => Number.parseInt(key.slice(0, 8), 16) % LOOKED_AFTER === 0;

function forgetOldest(folder: string): void {
  const names = readdirSync(folder);
  if (names.length <= KEPT_MAX) return;
  const aged = names.flatMap((name) => {
    const stat = statSync(join(folder, name), { throwIfNoEntry: false }); // another process may have forgotten it first
    return stat ? [{ name, at_ms: stat.mtimeMs }] : [];
  });
  aged.sort((one, other) => one.at_ms - other.at_ms);
  for (const { name } of aged.slice(0, names.length - KEPT_MAX / 2)) rmSync(join(folder, name), { force: true });
}

const REFUSED = new Set(["EACCES", "EDQUOT", "EEXIST", "ENOSPC", "ENOTDIR", "EPERM", "EROFS"]);
const isRefused = (error: unknown): boolean =>
  error instanceof Error && "code" in error && REFUSED.has(String(error.code));
