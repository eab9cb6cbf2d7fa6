import { lstatSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isUnparsed } from "@dgov/semantic/changes";
import { symbolsIn } from "@dgov/semantic/touches";
import type { FileSymbols, FindSymbols } from "./plan/symbols.ts";
import { createAnalyst } from "./semantic/analyst.ts";
import { type Analysed, analysed } from "./semantic/answer.ts";
import { textOf } from "./semantic/texts.ts";

const FILE_MAX_BYTES = 2 * 1024 * 1024;

/** What finds the symbols of files, in a process of its own. `self`: argv prefix that starts this program again. */
export const symbolFinder =
  (self: readonly string[]): FindSymbols =>
  async (root, paths) => {
    const read = paths.map((path) => readAt(join(root, path)));
    const texts = read.flatMap((one, at) => (one.text === null ? [] : [{ path: paths[at] ?? "", text: one.text }]));
    const analyst = createAnalyst(self, 1);
    try {
      const said = (await analyst.analyse(texts, "units")).map(analysed);
      return read.map((one) => (one.text === null ? { unknown: one.unknown } : namesOf(said.shift())));
    } finally {
      analyst.close();
    }
  };

function readAt(file: string): ReturnType<typeof textOf> {
  const found = lstatSync(file, { throwIfNoEntry: false });
  if (found === undefined) return { text: "" }; // whether there are symbols in such a file can be said before it is there
  if (!found.isFile()) return { text: null, unknown: "it is no file" };
  if (found.size > FILE_MAX_BYTES) return { text: null, unknown: `it is larger than ${FILE_MAX_BYTES} bytes` };
  return textOf(readFileSync(file));
}

function namesOf(said: Analysed | undefined): FileSymbols {
  if (said === undefined || "unknown" in said) return { unknown: said?.unknown ?? "nobody has looked at it" };
  return isUnparsed(said.summary) ? { unknown: "it does not parse" } : { names: symbolsIn(said.summary.units) };
}
