import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { findRoot } from "./root.ts";
import { writeAtomic } from "./write.ts";

/** Whoever makes it, by hand or by `dgov pause`, pauses the runs of this checkout. */
const PAUSE_FILE = ".dgov/runtime/pause";
const REASON_MAX = 200;

/** Where the file is, relative to the root; `reason`: null when nothing is paused. */
export type Pause = { file: string; reason: string | null };

/**
 * Why no attempt may be begun, in the words of whoever wants it so; "": nobody said why; null: it may. What cannot be
 * read is there: unknown never passes.
 */
export function pausedBecause(root: string): string | null {
  try {
    const [first = ""] = readFileSync(join(root, PAUSE_FILE), "utf8").trim().split("\n");
    return first.slice(0, REASON_MAX);
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "ENOENT" ? null : "";
  }
}

/** Pauses this checkout: the run under way begins no attempt more, and no other begins one. */
export function pause(cwd: string, reason: string): Pause {
  const root = findRoot(cwd);
  mkdirSync(dirname(join(root, PAUSE_FILE)), { recursive: true });
  writeAtomic(join(root, PAUSE_FILE), `${reason}\n`);
  return { file: PAUSE_FILE, reason: pausedBecause(root) };
}

/** @returns what was paused until now */
export function unpause(cwd: string): Pause {
  const root = findRoot(cwd);
  const reason = pausedBecause(root);
  rmSync(join(root, PAUSE_FILE), { force: true });
  return { file: PAUSE_FILE, reason };
}
