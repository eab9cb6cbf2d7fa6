import type { Part } from "./grammar.ts";

/**
 * One word of a command. `known`: false when the shell computes a part of it, so that `text` is not all of it; what is
 * computed at the beginning stands there by its name. `pieces`: what it is put together from, as far as that is texts and
 * variables; null: other things too.
 */
export type Word = { text: string; known: boolean; quoted: boolean; pieces: readonly Piece[] | null };
export type Piece = string | { variable: string };

export const literal = (text: string): Word => ({ text, known: true, quoted: true, pieces: [text] });
export const computed = (text = ""): Word => ({ text, known: false, quoted: false, pieces: null });

/** A file below $TMPDIR, which no command may set: no option and no name of a program, although the shell computes it. */
export function isOwnFile({ pieces }: Word): boolean {
  const [first, second, ...rest] = pieces ?? [];
  const isBelow = typeof first === "object" && first.variable === "TMPDIR";
  return (
    isBelow && typeof second === "string" && second.startsWith("/") && rest.every((one) => typeof one === "string")
  );
}

type Making = Word & { pieces: Piece[] | null };

/** The word that a node stands for. */
export function wordOf(text: string, part: Part): Word {
  const word: Making = { text: "", known: true, quoted: false, pieces: [] };
  add(word, text, part);
  const bare = text.slice(part.from, part.to).replace(/\\[\s\S]|'[^']*'|"(?:[^"\\]|\\[\s\S])*"/g, "");
  if (EXPANDED.test(bare)) {
    word.known = false;
    word.pieces = null;
  }
  return word;
}

/** What a shell expands outside of quotes: patterns, braces with several members, and the home of a user. */
const EXPANDED = /[*?[]|\{[^}]*(,|\.\.)|^~/;

function add(word: Making, text: string, part: Part): void {
  const own = text.slice(part.from, part.to);
  switch (part.kind) {
    case "concatenation":
    case "command_name":
      for (const inner of part.parts) add(word, text, inner);
      return;
    case "word":
    case "number":
    case "variable_name":
      addBare(word, own);
      return;
    case "raw_string":
      word.quoted = true;
      addText(word, own.slice(1, -1));
      return;
    case "ansi_c_string":
      word.quoted = true;
      addAnsi(word, own.slice(2, -1));
      return;
    case "translated_string":
    case "string":
      word.quoted = true;
      addString(word, text, part);
      return;
    case "simple_expansion":
    case "expansion":
      addVariable(word, own);
      return;
    case "command_substitution":
      if (MADE.test(own)) addMade(word);
      else addUnknown(word, "$");
      return;
    default:
      if (part.named) addUnknown(word, "$");
      else addBare(word, own);
  }
}

function addText(word: Making, text: string): void {
  word.text += text;
  word.pieces?.push(text);
}

/** `$(mktemp)` names a new file below $TMPDIR, whatever its name is. */
const MADE = /^\$\(\s*mktemp(\s+-d)?\s*\)$/;

function addMade(word: Making): void {
  const pieces = word.pieces;
  addUnknown(word, "$");
  if (pieces?.length === 0) word.pieces = [{ variable: "TMPDIR" }, "/made"];
}

function addUnknown(word: Making, name: string): void {
  if (word.text === "") word.text = name; // so that "$x/a" is not taken for "/a"
  word.known = false;
  word.pieces = null;
}

function addBare(word: Making, own: string): void {
  if (own.includes("\\")) word.quoted = true;
  addText(word, own.replace(/\\\n/g, "").replace(/\\([\s\S])/g, "$1"));
}

function addVariable(word: Making, own: string): void {
  const name = /^\$(\w+)$|^\$\{(\w+)\}$/.exec(own);
  const shown = /^\$\w+/.exec(own)?.[0] ?? "$";
  const pieces = word.pieces;
  addUnknown(word, shown);
  if (name && pieces) word.pieces = [...pieces, { variable: name[1] ?? name[2]! }];
}

/** What stands between the expansions of a string is text, blanks too. */
function addString(word: Making, text: string, part: Part): void {
  const start = part.parts.findIndex(({ kind }) => kind === '"' || kind === '$"');
  let at = part.parts[start]?.to ?? part.from + 1;
  const plain = (to: number) => {
    if (to > at) addText(word, withoutEscapes(text.slice(at, to)));
  };
  for (const inner of part.parts) {
    if (inner.kind === "string") addString(word, text, inner);
    if (!/^(simple_expansion|expansion|command_substitution|arithmetic_expansion)$/.test(inner.kind)) continue;
    plain(inner.from);
    add(word, text, inner);
    at = inner.to;
  }
  if (part.kind === "string") plain(part.to - 1);
}

const withoutEscapes = (text: string) => text.replace(/\\\n/g, "").replace(/\\([$`"\\])/g, "$1");

const ANSI: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  e: "\x1b",
  E: "\x1b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "\\": "\\",
  '"': '"',
  "?": "?",
};

function addAnsi(word: Making, inside: string): void {
  const escapes = /\\(?:[abeEfnrtv\\"?]|x[0-9a-fA-F]{1,2}|u[0-9a-fA-F]{1,4}|[0-7]{1,3}|[\s\S])/g;
  const read = [...inside.matchAll(escapes)].map(([own]) => own.slice(1));
  if (read.some((own) => ansiChar(own) === null)) {
    addUnknown(word, "$");
    return;
  }
  addText(
    word,
    inside.replace(escapes, (own) => ansiChar(own.slice(1))!),
  );
}

/** null: an escape that is not known, or a byte that need not be a character. */
function ansiChar(own: string): string | null {
  if (ANSI[own] !== undefined) return ANSI[own];
  const hex = /^[xu]([0-9a-fA-F]+)$/.exec(own)?.[1];
  const code = hex === undefined ? Number.parseInt(own, 8) : Number.parseInt(hex, 16);
  if (hex === undefined && !/^[0-7]+$/.test(own)) return null;
  return code === 0 || (code > 0x7f && !own.startsWith("u")) ? null : String.fromCodePoint(code);
}
