import { ERROR_TYPE } from "../flat_tree.ts";
import type { Span } from "../unit.ts";
import { plainLeaf } from "./leaf.ts";
import type { Source } from "./source.ts";
import { READ } from "./tokens.ts";

/**
 * What a node, or a stretch of it, says, in one spelling: without comments and with blanks where they are usual. It is to
 * be compared and to be shown, not to be parsed.
 */
export function plainText(source: Source, at: number, stretch?: Span): string {
  const { flat, tables, tokens } = source;
  const [start, end] = stretch ?? [flat.start[at]!, flat.end[at]!];
  let text = "";
  for (let node = at; node < flat.next[at]! && flat.start[node]! < end; ) {
    const read = tokens.read[node]!;
    const type = flat.type[node]!;
    const shown = read === READ.leaf || (read === READ.skipped && isShown(source, node));
    const reading = type === ERROR_TYPE ? undefined : tables.leaves[type];
    const leaf = shown && flat.start[node]! >= start ? plainLeaf(source, node, reading) : "";
    const quoted = reading === "quoted" || reading === "quote";
    text += !quoted && needsBlank(text, leaf) ? ` ${leaf}` : leaf;
    node = read === READ.inner || read === READ.dropped ? node + 1 : flat.next[node]!;
  }
  return text;
}

/** Brackets that mean nothing to a grammar do to a reader, and so does the comma in `(1,)`. */
function isShown({ flat, tables, tokens }: Source, node: number): boolean {
  const token = tables.tokens[flat.type[node]!] ?? "";
  const parent = flat.parent[node]!;
  if (/^[()]$/.test(token)) return true;
  return token === "," && tokens.read[parent + 1] === READ.skipped;
}

const BETWEEN = /^(\||=>|->|==|!=|<=|>=|===|!==|&&|\|\||\?\?|:=)$/;

function needsBlank(text: string, leaf: string): boolean {
  if (text === "" || leaf === "" || /[([{]$/.test(text)) return false;
  if (/[,:;]$/.test(text)) return !/^[)\]},:;]/.test(leaf);
  if (BETWEEN.test(leaf) || BETWEEN.test(/\S*$/.exec(text)![0])) return true;
  return /[\w$"]$/.test(text) && /^[\w$]/.test(leaf);
}
