import type { Span } from "../unit.ts";
import { empty, finish, hex, mix, textHex } from "./digest.ts";
import { type Tokens, tokenAt } from "./tokens.ts";

/**
 * What is hashed: a stretch of the text without the nodes that stand around it. `from` is the first node that is its own:
 * one that begins in the same place and holds more comes before it. `without`: the nodes in it that do not count.
 */
export type Hashed = { stretch: Span; from: number; without: readonly [first: number, behind: number] };

const NAME = Int32Array.of(1, 2, 3, 4); // what every name is when names do not count
const NOTHING = textHex("");

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
  empty(full);
  empty(nameless);
  const top = tokens.depth[first] ?? 0;
  let [count, leaves] = [0, 0];
  for (let at = first; at < end; at += 1) {
    if (tokens.node[at]! >= without[0] && tokens.node[at]! < without[1]) continue;
    const leaf = tokens.leaf[at]!;
    const mark = Math.imul((tokens.depth[at]! - top) * 2 + leaf, 0x9e3779b1) ^ tokens.sort[at]!;
    mix(full, words, at * 4, mark);
    if (own.length > 0) {
      if (leaf === 1 && isOneOf(tokens, own, at)) mix(nameless, NAME, 0, mark);
      else mix(nameless, words, at * 4, mark);
    }
    count += 1;
    leaves += leaf;
  }
  finish(full, 0, count);
  finish(nameless, 0, count);
  const whole = hex(full);
  return { full: whole, nameless: own.length > 0 ? hex(nameless) : whole, leaves };
}

/** The two hashes that are being made; nothing waits while they are. */
const [full, nameless] = [new Int32Array(4), new Int32Array(4)];

/** The text of a unit with the comments in front of it: blank lines around them are nobody's. */
export function textHash(text: string, gap: Span, span: Span): string {
  const comments = text.slice(gap[0], gap[1]).trim();
  return comments === "" ? textHex(text, span[0], span[1]) : textHex(`${comments}\n${text.slice(...span)}`);
}

function nameAt(tokens: Tokens, node: number, from: number): number {
  let at = from;
  while (at < tokens.count && tokens.node[at] !== node) at += 1;
  return at;
}

function isOneOf(tokens: Tokens, names: readonly number[], at: number): boolean {
  for (const name of names) if (same(tokens, name, at)) return true;
  return false;
}

function same({ words, sort }: Tokens, one: number, other: number): boolean {
  if (sort[one] !== sort[other]) return false;
  for (let lane = 0; lane < 4; lane += 1) if (words[one * 4 + lane] !== words[other * 4 + lane]) return false;
  return true;
}
