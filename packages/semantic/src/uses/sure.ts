import type { Linker } from "../linker/linker.ts";
import { type Outcome, targetKey } from "../linker/outcome.ts";
import type { Origin, Read } from "../summary.ts";

/** The symbol that is asked about, also when it is gone. `key`: as units have it, "Outer.inner". */
export type Target = { path: string; key: string };

/** By the rules of binding alone; with one assumption; or a name of which nobody knows what it stands for. */
export type Sure = "resolved" | "likely" | "name only";

/** Something written in a file that ends in the symbol's name. */
export type Asked = { read: Read; time: Read["time"] } | { origin: Origin; time: Read["time"] };

/** How sure it is that what is written refers to the symbol; null: it refers to something else. */
export function sureOf(linker: Linker, path: string, target: Target, asked: Asked): Sure | null {
  const outcome =
    "read" in asked ? linker.follow(path, asked.read, asked.time) : linker.origin(path, asked.origin, asked.time);
  return judged(outcome, { path: target.path, key: target.key.replace(/#\d+$/, "") });
}

function judged(outcome: Outcome, target: Target): Sure | null {
  if (outcome.is === "unknown") return "name only";
  if (outcome.is === "outside") return null;
  if (outcome.is === "missing") {
    const { path, name, inside } = outcome.missing;
    return path === target.path && (inside === "" ? name : `${inside}.${name}`) === target.key ? "resolved" : null;
  }
  if (outcome.rest.length > 0) return "name only";
  if (targetKey(outcome.target) !== `${target.path}::${target.key}`) return null;
  return outcome.likely === null ? "resolved" : "likely";
}
