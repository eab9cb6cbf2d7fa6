/** One line of a hunk: kept, removed or added. `ends`: false when the patch says that no line end follows. */
type PatchLine = { sign: " " | "-" | "+"; text: string; ends: boolean };
export type Hunk = { header: string; start: number; lines: readonly PatchLine[] };
export type Patch = { names: readonly string[]; hunks: readonly Hunk[] };
export type Applied = { text: string; added: number; removed: number; notes: readonly string[] };

/** Why a patch cannot be read or does not fit. The message is for the model. */
export class PatchError extends Error {
  override name = "PatchError";
}

const HEADER = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/;

/**
 * Reads a unified diff of one file. Counts in hunk headers are a help, not a condition: models miscount, and the lines
 * themselves are compared when it is applied.
 *
 * @throws PatchError when it is not one
 */
export function parsePatch(patch: string): Patch {
  const lines = cleaned(patch);
  const names: string[] = [];
  const hunks: Hunk[] = [];
  for (let i = 0; i < lines.length; ) {
    const line = lines[i]!;
    if (line.startsWith("@@")) {
      const { hunk, next } = readHunk(lines, i);
      hunks.push(hunk);
      i = next;
      continue;
    }
    const named = /^(?:---|\+\+\+) (.*)$/.exec(line)?.[1];
    if (named !== undefined) names.push(named.split("\t")[0]!.trim());
    else if (hunks.length > 0 && line !== "" && !isPreamble(line))
      throw new PatchError(`line ${i + 1} of the patch belongs to no hunk: ${show(line)}`);
    i++;
  }
  if (hunks.length === 0)
    throw new PatchError('there is no hunk in the patch; a hunk begins with a line such as "@@ -3,4 +3,5 @@"');
  return { names, hunks };
}

/** @throws PatchError when a header of the patch names another file than the one to be patched */
export function checkNames({ names }: Patch, path: string): void {
  for (const name of names) {
    if (name === "/dev/null")
      throw new PatchError("it creates or deletes a file; use write_file or delete_file for that");
    const spelled = name.replace(/^"(.*)"$/, "$1").replace(/^\.\//, "");
    if (spelled !== path && spelled.replace(/^[abciow]\//, "") !== path)
      throw new PatchError(`its header names another file, "${name}"; a patch changes one file, the one in "path"`);
  }
}

const withoutReturns = (hunk: Hunk): Hunk => ({
  ...hunk,
  lines: hunk.lines.map((line) => ({ ...line, text: line.text.replace(/\r$/, "") })),
});

type FileLine = { text: string; end: string };

/**
 * Applies hunks in order. Every kept and removed line must be there; where a hunk stands elsewhere than its header says,
 * it is applied there when that place is the only one that fits.
 *
 * @throws PatchError when any hunk does not fit: then nothing is applied
 */
export function applyPatch(text: string, { hunks }: Patch): Applied {
  const file = splitLines(text);
  const crlf = file.filter(({ end }) => end === "\r\n").length * 2 > file.length;
  const out: FileLine[] = [];
  const notes: string[] = [];
  let from = 0; // lines of the file that are already behind us
  let drift = 0;
  for (const hunk of crlf ? hunks.map(withoutReturns) : hunks) {
    const found = locate(file, hunk, from, drift);
    if (found !== headerLine(hunk)) notes.push(`hunk ${show(hunk.header)} was found at line ${found + 1}`);
    drift = found - headerLine(hunk);
    out.push(...file.slice(from, found));
    const rest = file.slice(found);
    const fresh = applyHunk(rest, hunk, crlf ? "\r\n" : "\n");
    out.push(...fresh.lines);
    from = found + fresh.used;
  }
  out.push(...file.slice(from));
  const count = (sign: string) => hunks.flatMap((hunk) => hunk.lines).filter((line) => line.sign === sign).length;
  return { text: joinLines(out, crlf ? "\r\n" : "\n"), added: count("+"), removed: count("-"), notes };
}

/** Index of the first line a hunk says it touches. A hunk that removes and keeps nothing stands after the line it names. */
const headerLine = ({ start, lines }: Hunk): number =>
  lines.some(({ sign }) => sign !== "+") ? Math.max(0, start - 1) : start;

function locate(file: readonly FileLine[], hunk: Hunk, from: number, drift: number): number {
  const old = hunk.lines.filter(({ sign }) => sign !== "+");
  const stated = headerLine(hunk);
  if (old.length === 0) {
    if (stated > file.length)
      throw new PatchError(`hunk ${show(hunk.header)} is outside the file, which has ${file.length} lines`);
    if (stated < from) throw new PatchError(`hunk ${show(hunk.header)} is out of order or overlaps the one before it`);
    return stated;
  }
  const fits = (at: number) =>
    at >= 0 && at + old.length <= file.length && old.every((line, i) => same(file, at + i, line));
  for (const at of [stated + drift, stated]) if (at >= from && fits(at)) return at;
  const places: number[] = [];
  for (let at = 0; at + old.length <= file.length; at++) if (fits(at)) places.push(at);
  const ahead = places.filter((at) => at >= from);
  if (ahead.length === 1) return ahead[0]!;
  if (ahead.length > 1)
    throw new PatchError(
      `hunk ${show(hunk.header)} does not fit where it says and matches ${ahead.length} locations; give more context`,
    );
  if (places.length > 0)
    throw new PatchError(`hunk ${show(hunk.header)} is out of order or overlaps the one before it`);
  throw new PatchError(`hunk ${show(hunk.header)} does not fit: ${mismatch(file, old, stated)}`);
}

/** A line that the patch ends without a line end must be the file's last, and end so there too. */
function same(file: readonly FileLine[], at: number, line: PatchLine): boolean {
  const there = file[at];
  if (there === undefined || there.text !== line.text) return false;
  return line.ends || (at === file.length - 1 && there.end === "");
}

function mismatch(file: readonly FileLine[], old: readonly PatchLine[], stated: number): string {
  if (stated >= file.length)
    return `it is outside the file, which has ${file.length} lines, and its lines are nowhere else`;
  const i = old.findIndex((line, k) => file[stated + k]?.text !== line.text);
  const at = stated + Math.max(0, i);
  const wanted = show(old[Math.max(0, i)]!.text);
  return at < file.length
    ? `line ${at + 1} is ${show(file[at]!.text)}, the patch wants ${wanted}`
    : `the file ends before ${wanted}`;
}

/** A hunk's new lines, and how many lines of the file, which begins where the hunk does, it has used up. */
function applyHunk(rest: readonly FileLine[], { lines }: Hunk, end: string): { lines: FileLine[]; used: number } {
  const out: FileLine[] = [];
  let used = 0;
  for (const { sign, text, ends } of lines) {
    if (sign === "+") out.push({ text, end: ends ? end : "" });
    if (sign === " ") out.push(rest[used]!);
    if (sign !== "+") used++;
  }
  return { lines: out, used };
}

function readHunk(lines: readonly string[], at: number): { hunk: Hunk; next: number } {
  const header = lines[at]!;
  const match = HEADER.exec(header);
  if (!match)
    throw new PatchError(`line ${at + 1} of the patch is not a hunk header such as "@@ -3,4 +3,5 @@": ${show(header)}`);
  const counted =
    match[2] === undefined && match[4] === undefined
      ? null
      : bodyByCount(lines, at + 1, Number(match[2] ?? 1), Number(match[4] ?? 1));
  const next = counted ?? bodyByShape(lines, at + 1);
  const body: PatchLine[] = [];
  for (let i = at + 1; i < next; i++) {
    const line = lines[i]!;
    const sign = line === "" ? " " : line[0]!;
    const last = body.at(-1);
    if (sign === "\\") {
      if (last) last.ends = false;
    } else if (sign === " " || sign === "-" || sign === "+") body.push({ sign, text: line.slice(1), ends: true });
    else throw new PatchError(`line ${i + 1} of the patch must begin with a space, "-" or "+": ${show(line)}`);
  }
  if (!body.some(({ sign }) => sign !== " ")) throw new PatchError(`hunk ${show(header)} changes nothing`);
  return { hunk: { header, start: Number(match[1]), lines: body }, next };
}

/** Where a hunk ends if its counts are right, else null. Only counts tell a removed "-- x" from a file header. */
function bodyByCount(lines: readonly string[], at: number, old: number, fresh: number): number | null {
  let [o, n, i] = [old, fresh, at];
  for (; i < lines.length && (o > 0 || n > 0 || lines[i]!.startsWith("\\")); i++) {
    const sign = lines[i] === "" ? " " : lines[i]![0];
    if (sign === "\\") continue;
    if (sign !== "+") o--;
    if (sign !== "-") n--;
  }
  const rest = lines[i];
  const ended = rest === undefined || rest.startsWith("@@") || isPreamble(rest) || (rest === "" && onlyBlank(lines, i));
  return o === 0 && n === 0 && ended ? i : null;
}

/** Where a hunk ends to judge by its lines alone. Blank lines at its very end are no context. */
function bodyByShape(lines: readonly string[], at: number): number {
  let i = at;
  while (
    i < lines.length &&
    !lines[i]!.startsWith("@@") &&
    !/^(diff --git|index|Index:) /.test(lines[i]!) &&
    !isFileHeader(lines, i)
  )
    i++;
  while (i > at && lines[i - 1] === "") i--;
  return i;
}

const isFileHeader = (lines: readonly string[], i: number) =>
  lines[i]!.startsWith("--- ") &&
  (lines[i + 1]?.startsWith("+++ ") ?? false) &&
  (lines[i + 2]?.startsWith("@@") ?? false);
const isPreamble = (line: string) =>
  /^(diff --git |index |Index: |=====|--- |\+\+\+ |new file|deleted file|old mode|new mode)/.test(line);
const onlyBlank = (lines: readonly string[], from: number) => lines.slice(from).every((line) => line === "");

/** The patch's lines without a surrounding code fence, without line ends, and without the end of the last line. */
function cleaned(patch: string): string[] {
  const lines = patch
    .replace(/^\s*```[a-z]*\r?\n/, "")
    .replace(/\r?\n```\s*$/, "\n")
    .split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines.every((line) => line === "" || line.endsWith("\r"))
    ? lines.map((line) => line.replace(/\r$/, ""))
    : lines;
}

function splitLines(text: string): FileLine[] {
  const lines: FileLine[] = [];
  for (const [whole, body = "", end = ""] of text.matchAll(/([^\n]*?)(\r?\n|$)/g))
    if (whole !== "") lines.push({ text: body, end });
  return lines;
}

/** Only the last line may be without a line end. */
const joinLines = (lines: readonly FileLine[], end: string): string =>
  lines.map((line, i) => line.text + (i < lines.length - 1 ? line.end || end : line.end)).join("");

const show = (text: string) => JSON.stringify(text.length > 120 ? `${text.slice(0, 120)}…` : text);
