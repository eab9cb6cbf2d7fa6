import type { Span } from "../unit.ts";
import { emptyHash, finish, hex, mix, words as textWords } from "./digest.ts";
import { type Tokens, tokenAt } from "./tokens.ts";

/**
 * What is hashed: a stretch of the text without the nodes that stand around it. `from` is the first node that is its own:
 * one that begins in the same place and holds more comes before it. `without`: the nodes in it that do not count.
 */
export type Hashed = { stretch: Span; from: number; without: readonly [first: number, behind: number] };

const NAME = Int32Array.of(1, 2, 3, 4); // what every name is when names do not count
const NOTHING = hex(finish(emptyHash(), 0));

/** The hash of what a stretch of the text says; of none, or of an empty one, it is that of nothing. */
export function hashOf(tokens: Tokens, stretch: Span | null, from: number): string {
  if (stretch === null || stretch[0] === stretch[1]) return NOTHING;
  return hashes(tokens, { stretch, from, without: [-1, -1] }, []).full;
}

/** Of a whole unit also the hash without its own name, whose nodes are given: leaves that are like them count alike. */
export function hashes(tokens: Tokens, { stretch, from, without }: Hashed, names: readonly number[]) {
  const { words } = tokens;
  let first = tokenAt(tokens, stretch[0]);
  while (tokens.node[first]! >= 0 && tokens.node[first]! < from && first < tokens.count) first += 1;
  const end = tokenAt(tokens, stretch[1]);
  const own = names.map((node) => nameAt(tokens, node, first));
  const full = emptyHash();
  const nameless = emptyHash();
  const top = tokens.depth[first] ?? 0;
  let [count, leaves] = [0, 0];
  for (let at = first; at < end; at += 1) {
    if (tokens.node[at]! >= without[0] && tokens.node[at]! < without[1]) continue;
    const mark = Math.imul((tokens.depth[at]! - top) * 2 + tokens.leaf[at]!, 0x9e3779b1) ^ tokens.sort[at]!;
    mix(full, words, at * 4, mark);
    if (tokens.leaf[at] === 1 && own.some((name) => same(tokens, name, at))) mix(nameless, NAME, 0, mark);
    else mix(nameless, words, at * 4, mark);
    count += 1;
    leaves += tokens.leaf[at]!;
  }
  return { full: hex(finish(full, count)), nameless: hex(finish(nameless, count)), leaves };
}

/** The text of a unit with the comments in front of it: blank lines around them are nobody's. */
export function textHash(text: string, gap: Span, span: Span): string {
  const comments = text.slice(gap[0], gap[1]).trim();
  return comments === ""
    ? hex(textWords(text, span[0], span[1]))
    : hex(textWords(`${comments}\n${text.slice(...span)}`));
}

function nameAt(tokens: Tokens, node: number, from: number): number {
  let at = from;
  while (at < tokens.count && tokens.node[at] !== node) at += 1;
  return at;
}

function same({ words, sort }: Tokens, one: number, other: number): boolean {
  if (sort[one] !== sort[other]) return false;
  for (let lane = 0; lane < 4; lane += 1) if (words[one * 4 + lane] !== words[other * 4 + lane]) return false;
  return true;
}
