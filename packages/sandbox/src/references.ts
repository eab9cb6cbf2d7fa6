import type { Reference } from "./code.ts";
import { worktreeFiles } from "./git_read.ts";
import { type Found, searchFiles } from "./search.ts";
import { textFiles } from "./text_files.ts";
import type { Host } from "./tool.ts";

type Asked = { symbol: string; narrow: readonly string[] };
type Lines = Extract<Found, { ok: true }>;

/** So many files are parsed for one answer. */
const FILES_MAX = 300;

/** The lines that have a name, with what they do with it where the code says so: definitions first, then the surest. */
export async function withReferences(host: Host, { symbol, narrow }: Asked, found: Lines): Promise<Found> {
  const last = symbol.split(/[.:]/).at(-1) || symbol;
  const named = await searchFiles(host, { flags: ["-l", "-w", "-F"], pattern: last, path: ".", narrow });
  if (!named.ok || host.code === undefined) return found;
  const code = await host.code();
  const paths = named.lines.slice(0, FILES_MAX);
  const all = [...new Set([...(await worktreeFiles(host)), ...paths])];
  const read = async (path: string) => {
    for await (const { text } of textFiles(host, [path])) return text;
    return null;
  };
  const references = await code.references(symbol, { paths, all, read });
  const counted = references.filter(({ path }) => paths.includes(path));
  const known = new Set(counted.map(({ path, line }) => `${path}:${line}:`));
  const rest = found.lines.filter((line) => !known.has(/^.*?:\d+:/.exec(line)?.[0] ?? ""));
  return { ...found, lines: [...counted.toSorted(bySure).map(lineOf), ...rest] };
}

const HOW: Readonly<Record<Reference["how"], string>> = {
  defines: "defines",
  call: "calls",
  read: "refers to",
  import: "imports",
  string: "names in a text",
  name: "may mean",
};
const SURE: Readonly<Record<Reference["sure"], string>> = {
  resolved: "",
  likely: " (likely)",
  "name only": " (by its name)",
};

const lineOf = ({ path, line, text, how, sure, of }: Reference): string =>
  `${path}:${line}:${text.trimEnd()}  [${HOW[how]} ${of}${SURE[sure]}]`;

const ORDER: readonly Reference["sure"][] = ["resolved", "likely", "name only"];
const rank = ({ how, sure }: Reference): number => (how === "defines" ? -1 : ORDER.indexOf(sure));
const bySure = (a: Reference, b: Reference): number => rank(a) - rank(b);
