import { lstatSync, mkdirSync, renameSync } from "node:fs";

/** What a command may leave for the next by way of its own folders, and what Python would run of it. Other caches stay. */
const LEFT = ["home", "tmp", "cache/python"];

/**
 * Gives what runs next an empty HOME and TMPDIR. What was there is only moved aside: it goes with the private folder, and
 * nobody waits for it, however deep it is.
 */
export function freshen(tmp: string, number: number): void {
  for (const name of LEFT) {
    const path = `${tmp}/${name}`;
    if (lstatSync(path, { throwIfNoEntry: false }))
      renameSync(path, `${tmp}/.before-${number}-${name.replace("/", "-")}`);
    if (!name.includes("/")) mkdirSync(path);
  }
}
