import { existsSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { DgovError } from "./error.ts";
import { machineWords } from "./machine_words.ts";

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
    const why = !existsSync(dirname(path)) ? "its folder is not there" : machineWords(cause);
    const hint = "Name a file in a folder that is there, and that this user may write in";
    throw new DgovError("machine_refused", `Cannot write the ${what} "${file}": ${why}`, { cause, hint });
  }
  return path;
}
