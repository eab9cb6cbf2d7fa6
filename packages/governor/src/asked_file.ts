import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { DgovError } from "./error.ts";

/** A file that a person has asked for: `what` it is, in a word, and where it goes, seen from `cwd`. */
export type AskedFile = { cwd: string; what: string; file: string };

/**
 * Writes a file where a person wants it, over what is there.
 *
 * @returns its absolute path
 * @throws DgovError `machine_refused`
 */
export function writeAsked({ cwd, what, file }: AskedFile, text: string): string {
  const path = resolve(cwd, file);
  try {
    writeFileSync(path, text);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new DgovError("machine_refused", `Cannot write the ${what} "${file}": ${why}`, { cause });
  }
  return path;
}
