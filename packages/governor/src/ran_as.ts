import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Store } from "@dgov/kernel";
import { ARCHIVE } from "./root.ts";

/** Under which folder the log knows a plan: an archived one ran where it was, if nothing else stands there now. */
export function ranAs(root: string, log: Store, dir: string): string {
  if (basename(dirname(dir)) !== ARCHIVE || log.lastRun(dir) !== null) return dir;
  const former = join(dirname(dirname(dir)), basename(dir));
  return existsSync(join(root, former)) ? dir : former;
}
