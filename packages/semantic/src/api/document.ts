import { readJson } from "./read_json.ts";
import { readYaml } from "./read_yaml.ts";
import { type Lines, Unreadable } from "./unreadable.ts";
import type { Json } from "./value.ts";

/** A file that was read. */
export type Document = { value: Json; lines: Lines };

/** Longer ones are not read: YAML takes a second for each of its 1.2 MB. All files of one interface together. */
export const TEXT_MAX_CHARS = 12_000_000;

/** A file of an interface, read as its first sign says. A fault is told as a clause, with its line. */
export function readDocument(text: string): Document | { unreadable: string; line: number | null } {
  const isJson = /^\uFEFF?\s*[{[]/.test(text);
  try {
    return isJson ? readJson(text) : readYaml(text);
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    return { unreadable: error.message, line: error.line };
  }
}
