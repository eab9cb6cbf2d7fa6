import type { Imports, ReadCode, SearchedTexts } from "./code.ts";
import { worktreeFiles } from "./git_read.ts";
import { srcDir } from "./recipe.ts";
import { searchFiles } from "./search.ts";
import { textFiles } from "./text_files.ts";
import type { Host } from "./tool.ts";

/** So many files are parsed for one answer. */
const FILES_MAX = 300;

/** What a file imports and who imports it; null: its language is not known. `unknown`: why nothing is known, as a clause. */
export async function importsAround(
  host: Host,
  code: ReadCode,
  path: string,
): Promise<Imports | { unknown: string } | null> {
  const all = [...new Set([...(await worktreeFiles(host)), path])];
  const read = async (file: string) => {
    for await (const { text } of textFiles(host, [file])) return text;
    return null;
  };
  const src = srcDir(host.scope);
  let failed: string | null = null;
  const find: SearchedTexts["find"] = async ({ words, endings }) => {
    const pattern = words.map((word) => word.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")).join("|");
    const narrow = endings.map((ending) => `*.${ending}`);
    const found = await searchFiles(host, { flags: ["-l", "-P"], pattern, path: ".", narrow });
    if (!found.ok) failed = found.text;
    return found.ok ? nearest(path, found.lines).slice(0, FILES_MAX) : [];
  };
  const around = await code.imports(path, { all, roots: src === "." ? [] : [src], read, find });
  return failed === null ? around : { unknown: failed };
}

/** Where more files have the word than are parsed, those that are nearer to the file come first. */
function nearest(path: string, others: readonly string[]): string[] {
  const own = path.split("/");
  const apart = (other: string): number => {
    const parts = other.split("/");
    const same = parts.findIndex((part, at) => part !== own[at]);
    return same < 0 ? 0 : own.length + parts.length - 2 * same;
  };
  return others.toSorted((a, b) => apart(a) - apart(b) || (a < b ? -1 : 1));
}
