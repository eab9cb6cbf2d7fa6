import { ERROR_TYPE } from "../flat_tree.ts";
import { hashText } from "./digest.ts";
import type { LeafReading } from "./profile.ts";
import type { Syntax } from "./tokens.ts";

type Leaves = Pick<Syntax, "flat" | "tables">;

/** The hash of what a leaf says, whatever it is spelled like, as four numbers from `into` on. */
export function readLeaf(source: Leaves, at: number, out: Int32Array, into: number): void {
  const { flat, tables } = source;
  const type = flat.type[at]!;
  const start = flat.start[at]!;
  const end = flat.end[at]!;
  if (type !== ERROR_TYPE && tables.named[type] === 0) {
    const token = tables.tokens[type]!;
    if (end - start === token.length && flat.text.startsWith(token, start))
      for (let lane = 0; lane < 4; lane += 1) out[into + lane] = tables.tokenWords[type * 4 + lane]!;
    else hashText(out, into, { text: flat.text, start, end, packed: true });
    return;
  }
  const reading = type === ERROR_TYPE ? undefined : tables.leaves[type];
  if (reading === undefined || reading === "raw") hashText(out, into, { text: flat.text, start, end, packed: false });
  else {
    const text = plainLeaf(source, at, reading);
    hashText(out, into, { text, start: 0, end: text.length, packed: false });
  }
}

/** The text of a leaf in the one spelling that all its spellings have here. */
export function plainLeaf({ flat, tables }: Leaves, at: number, reading: LeafReading | undefined): string {
  const written = flat.text.slice(flat.start[at]!, flat.end[at]!);
  const text = written.includes("\r") ? written.replace(/\r\n/g, "\n") : written;
  switch (reading) {
    case undefined:
    case "raw":
      return flat.type[at] !== ERROR_TYPE && tables.named[flat.type[at]!] === 0 ? text.replace(/\s+/g, " ") : text;
    case "nothing":
      return "";
    case "number":
      return plainNumber(text);
    case "string_prefix":
      return `${[...text.toLowerCase().replace(/[^a-tv-z]/g, "")].sort().join("")}"`;
    case "quote":
      return '"';
    case "quoted":
      return flat.next[at] === at + 1 ? text : plainQuotes(text);
    case "quoted_string":
      return `"${plainQuotes(text.slice(1, -1))}"`;
  }
}

/** A quote says the same with a backslash and without one. */
const plainQuotes = (text: string): string =>
  !text.includes("\\")
    ? text
    : text.replace(/\\([\s\S])/g, (pair, escaped: string) => (escaped === '"' || escaped === "'" ? escaped : pair));

function plainNumber(text: string): string {
  const plain = text.toLowerCase().replace(/_/g, "");
  if (/^0[xbo]/.test(plain)) return plain;
  return plain
    .replace(/^\./, "0.")
    .replace(/\.(?!\d)/, ".0")
    .replace(/(\.\d+?)0+(?!\d)/, "$1");
}
