import { z } from "zod";
import { FilePath } from "../input.ts";
import { lineEnd, openText } from "../text_file.ts";
import { defineTool } from "../tool.ts";
import description from "./edit_file.txt" with { type: "text" };

export const editFile = defineTool({
  name: "edit_file",
  description,
  input: z.strictObject({
    path: FilePath.describe("File to edit, relative to the root of the worktree"),
    old_text: z.string().describe("Exact text to replace; it must occur once"),
    new_text: z.string().describe("Text to put in its place"),
  }),
  access: ({ path }) => [
    { kind: "read", path },
    { kind: "write", path },
  ],

  async run({ path, old_text, new_text }, host) {
    const refuse = (why: string) => ({ ok: false, text: `Error: Cannot edit "${path}": ${why}` });
    const file = await openText(host, path);
    if (old_text === "" && file.text !== "") return refuse("old_text is empty; only an empty file can be edited so");
    if (old_text === new_text) return refuse("old_text and new_text are the same");
    const crlf = lineEnd(file.text) === "\r\n";
    const old = crlf && !file.text.includes(old_text) ? withReturns(old_text) : old_text;
    const places = old === "" ? [0] : occurrences(file.text, old);
    if (places.length === 0) return refuse(`old_text was not found in it${hint(file.text, old_text)}`);
    if (places.length > 1)
      return refuse(
        `old_text matches ${places.length} locations (lines ${lineList(file.text, places)}); give more of the lines around it`,
      );
    const at = places[0]!;
    const fresh = crlf ? withReturns(new_text) : new_text;
    await host.write(path, file.encode(file.text.slice(0, at) + fresh + file.text.slice(at + old.length)));
    return { ok: true, text: `Edited "${path}" at line ${lineAt(file.text, at)}`, touched: [path] };
  },
});

const withReturns = (text: string) => text.replace(/\r?\n/g, "\r\n");
const lineAt = (text: string, at: number) => text.slice(0, at).split("\n").length;

function occurrences(text: string, wanted: string): number[] {
  const places: number[] = [];
  for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + 1)) places.push(at);
  return places;
}

const LINES_SHOWN = 10;

function lineList(text: string, places: readonly number[]): string {
  const shown = places.slice(0, LINES_SHOWN).map((at) => lineAt(text, at));
  return shown.join(", ") + (places.length > LINES_SHOWN ? ", …" : "");
}

/** Points at the line that is most like the first line that was looked for. */
function hint(text: string, old_text: string): string {
  const wanted = old_text
    .split("\n")
    .map((line) => line.trim())
    .find((line) => line !== "");
  if (wanted === undefined) return "";
  const lines = text.split("\n").map((line, i) => ({ n: i + 1, line: line.trim(), score: alike(line.trim(), wanted) }));
  const best = lines.reduce((a, b) => (b.score > a.score ? b : a));
  if (best.score < 0.5) return "; read the file again";
  const same =
    best.line === wanted
      ? "begins like it, so white space or a later line differs"
      : `is near: ${JSON.stringify(best.line.slice(0, 160))}`;
  return `; line ${best.n} ${same}`;
}

/** The share of the two lines that is common at their beginning and end, from 0 to 1. */
function alike(a: string, b: string): number {
  const most = Math.min(a.length, b.length);
  let head = 0;
  while (head < most && a[head] === b[head]) head++;
  let tail = 0;
  while (tail < most - head && a.at(-1 - tail) === b.at(-1 - tail)) tail++;
  return (2 * (head + tail)) / Math.max(1, a.length + b.length);
}
