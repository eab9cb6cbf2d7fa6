import type { ReadCode } from "./code.ts";
import { type Found, searchFiles } from "./search.ts";
import { textFiles } from "./text_files.ts";
import type { Host } from "./tool.ts";
import { TOOL_LIMITS } from "./tool_limits.ts";

/** `language` null: that of each file. */
type Asked = { pattern: string; language: string | null; path: string };

/** So many files are parsed for one answer. */
const FILES_MAX = 2_000;
/** A pattern that so many files are given up for is one that no answer waits for. */
const UNKNOWN_MAX = 5;

/** Searches the files below a path for code that is like a pattern: those that git does not ignore, as text is searched. */
export async function searchSyntax(host: Host, { pattern, language, path }: Asked): Promise<Found> {
  const fail = (why: string): Found => ({ ok: false, text: `Error: Cannot search "${path}": ${why}` });
  const code = await host.code?.();
  if (code === undefined) return fail("nothing reads code by its structure here; use grep, or call ast_grep by itself");
  const piece = { pattern, language };
  const first = language === null ? null : code.matches(piece, "", ""); // also where no file has a word of the pattern
  if (first !== null && "wrong" in first) return fail(first.wrong);
  const word = wordOf(pattern);
  const text = word === null ? { flags: ["-l", "-P"], pattern: "." } : { flags: ["-l", "-F"], pattern: word };
  const files = await searchFiles(host, { ...text, path, narrow: [] });
  if (!files.ok) return files;
  const { lines, wrong, notes } = await inFiles(host, code, piece, files.lines.slice(0, FILES_MAX));
  if (lines.length === 0 && wrong !== null) return fail(wrong);
  const rest = files.lines.length - FILES_MAX;
  if (rest > 0) notes.push(`... ${rest} more files were not searched; name a narrower path`);
  return { ok: true, lines: [...lines, ...notes], more: lines.length > TOOL_LIMITS.matches || files.more };
}

/** `wrong`: why the pattern is none, if it is one in no language of these files. */
async function inFiles(host: Host, code: ReadCode, piece: Parameters<ReadCode["matches"]>[0], paths: string[]) {
  const lines: string[] = [];
  const notes: string[] = [];
  const mistakes: string[] = [];
  let fits = false;
  for await (const { path, text } of textFiles(host, paths)) {
    const found = code.matches(piece, path, text);
    if (found === null) continue;
    if ("wrong" in found) mistakes.push(found.wrong);
    else fits = true;
    if ("unknown" in found) notes.push(`... "${path}" was not searched: ${found.unknown}`);
    if (Array.isArray(found)) lines.push(...found.map(({ line, text: said }) => `${path}:${line}:${said}`));
    if (notes.length === UNKNOWN_MAX) notes.push("... and no file behind these was searched");
    if (notes.length >= UNKNOWN_MAX || lines.length > TOOL_LIMITS.matches) break;
  }
  return { lines, notes, wrong: fits ? null : (mistakes[0] ?? null) };
}

/**
 * The longest word that a text has in it if it is like the pattern; null: none is known for sure. What may be a comment
 * of the pattern counts for nothing.
 */
function wordOf(pattern: string): string | null {
  if (/#|\/[/*]/.test(pattern)) return null;
  const words = pattern.replace(/\$+[A-Z_0-9]*/g, " ").match(/[A-Za-z0-9_]+/g) ?? [];
  return words.toSorted((a, b) => b.length - a.length)[0] ?? null;
}
