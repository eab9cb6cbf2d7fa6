import { TOOL_LIMITS } from "../tool_limits.ts";
import { compilePattern, PatternError } from "./pattern.ts";

/** A search in these files. `flags` are of git's grep, as `search_flags.ts` chooses them. */
export type FileSearch = { files: readonly string[]; flags: readonly string[]; pattern: string };

type Read = (path: string) => Uint8Array | null;
type Found = { output: string; exit: number };

/**
 * What git's grep would print, line by line, with its exit status. Runs in a child that can be ended: a pattern may take
 * for ever. `read` gives null for what is to be passed over.
 */
export function searchInFiles(read: Read, { files, flags, pattern }: FileSearch): Found {
  const print = printing(flags);
  try {
    const has = (flag: string) => flags.includes(flag);
    const matcher = compilePattern(pattern, { fixed: has("-F"), word: has("-w"), any_case: has("-i") });
    const lines: string[] = [];
    let size = 0;
    for (const path of files) {
      const text = textOf(read(path));
      if (text === null) continue;
      const own = print(path, text, matcher);
      if (own.length > 0 && lines.length > 0 && groups(flags)) lines.push("--");
      lines.push(...own);
      size += own.reduce((sum, line) => sum + line.length + 1, 0);
      if (size > TOOL_LIMITS.search_max_bytes) break; // it is cut there, and said
    }
    return { output: lines.map((line) => `${line}\n`).join(""), exit: lines.length > 0 ? 0 : 1 };
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    return { output: `the pattern cannot be read: ${error.message}`, exit: 2 };
  }
}

const BINARY_LOOK_BYTES = 8_000;

function textOf(bytes: Uint8Array | null): string | null {
  if (bytes === null || bytes.subarray(0, BINARY_LOOK_BYTES).includes(0)) return null;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
}

type Print = (path: string, text: string, matcher: RegExp) => string[];

/** Each way to print a file's matches. */
function printing(flags: readonly string[]): Print {
  const has = (flag: string) => flags.includes(flag);
  const most = number(flags, "-m") ?? Number.POSITIVE_INFINITY;
  const hits = (text: string, matcher: RegExp) => hitsIn(linesOf(text), matcher, { not: has("-v"), most });
  if (has("-l")) return (path, text, matcher) => (hits(text, matcher).length > 0 ? [path] : []);
  if (has("-L")) return (path, text, matcher) => (hits(text, matcher).length === 0 ? [path] : []);
  if (has("-c"))
    return (path, text, matcher) =>
      [hits(text, matcher).length].flatMap((count) => (count ? [`${path}:${count}`] : []));
  const [first, then] = has("-z") ? ["\0", "\0"] : [":", ":"];
  if (has("-o"))
    return (path, text, matcher) => {
      const lines = linesOf(text);
      const parts = (at: number) => (has("-v") ? [] : [...lines[at]!.matchAll(new RegExp(matcher))]); // from its start
      return hits(text, matcher).flatMap((at) =>
        parts(at).flatMap(([part]) => (part === "" ? [] : [`${path}${first}${at + 1}${then}${part}`])),
      );
    };
  const around = {
    before: number(flags, "-B") ?? number(flags, "-C") ?? 0,
    after: number(flags, "-A") ?? number(flags, "-C") ?? 0,
  };
  return (path, text, matcher) => {
    const lines = linesOf(text);
    const mark = (at: number, hit: boolean) =>
      hit ? `${path}${first}${at + 1}${then}${lines[at]}` : `${path}-${at + 1}-${lines[at]}`;
    return withContext(hits(text, matcher), { ...around, count: lines.length, mark });
  };
}

function linesOf(text: string): string[] {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

/** The places of the lines that count. */
function hitsIn(lines: readonly string[], matcher: RegExp, { not, most }: { not: boolean; most: number }): number[] {
  const found: number[] = [];
  for (let at = 0; at < lines.length && found.length < most; at++) {
    matcher.lastIndex = 0;
    if (matcher.test(lines[at]!) !== not) found.push(at);
  }
  return found;
}

type Around = { before: number; after: number; count: number; mark: (at: number, hit: boolean) => string };

/** Lines that touch are one group; between two there is a line of its own. */
function withContext(hits: readonly number[], { before, after, count, mark }: Around): string[] {
  const printed: string[] = [];
  let next = 0; // the first line that is not printed yet
  hits.forEach((hit, n) => {
    const from = Math.max(next, hit - before);
    if (printed.length > 0 && from > next && before + after > 0) printed.push("--");
    const to = Math.min(count - 1, hit + after, (hits[n + 1] ?? Number.POSITIVE_INFINITY) - 1);
    for (let at = from; at <= to; at++) printed.push(mark(at, at === hit));
    next = to + 1;
  });
  return printed;
}

const groups = (flags: readonly string[]): boolean =>
  ["-A", "-B", "-C"].some((flag) => flags.includes(flag)) &&
  !["-l", "-L", "-c", "-o"].some((flag) => flags.includes(flag));

function number(flags: readonly string[], name: string): number | null {
  const at = flags.lastIndexOf(name);
  return at < 0 ? null : Number(flags[at + 1]);
}
