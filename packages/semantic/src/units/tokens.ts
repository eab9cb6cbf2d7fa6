import { ERROR_TYPE, type FlatTree } from "../flat_tree.ts";
import { hashText } from "./digest.ts";
import { readLeaf } from "./leaf.ts";
import type { SyntaxProfile } from "./profile.ts";
import type { Tables } from "./tables.ts";

/**
 * What of a tree means something, in the order of the text: a node that has others in it, a leaf, or text that stands in
 * no leaf. With its depth each says where it hangs, so that the sequence is the tree.
 *
 * `sort`   its type; 0 for a leaf that is its own type (`+`, `def`)
 * `words`  four numbers each: the hash of a leaf's text; zeros for what is no leaf
 * `node`   of the flat tree; -1: text that stands in no leaf
 * `read`   of each node of the flat tree, how it was read
 */
export type Tokens = {
  count: number;
  start: Int32Array;
  depth: Int32Array;
  sort: Int32Array;
  words: Int32Array;
  leaf: Uint8Array;
  node: Int32Array;
  read: Uint8Array;
};

/** How a node was read: as one with others in it, as if what it holds stood there alone, as a leaf, or not at all. */
export const READ = { inner: 0, dropped: 1, leaf: 2, skipped: 3 } as const;

const LOOSE = 1;
const ERROR = 2;

export type Syntax = { flat: FlatTree; tables: Tables; syntax: SyntaxProfile };

export function tokensOf(source: Syntax): Tokens {
  const { flat } = source;
  const tokens = room(flat.count);
  tokens.read = new Uint8Array(flat.count);
  const depth = new Int32Array(flat.count);
  const rules = rulesOf(source);
  let seen = 0; // the text is read up to here
  for (let at = 0; at < flat.count; ) {
    const parent = flat.parent[at]!;
    const own = parent < 0 ? 0 : depth[parent]!;
    const reading = rules.reading(at);
    tokens.read[at] = READ[reading];
    if (reading !== "inner" && flat.start[at]! > seen) loose(source, tokens, [seen, flat.start[at]!], own);
    if (reading === "dropped") {
      depth[at] = own;
      at += 1;
      continue;
    }
    if (reading === "inner") {
      depth[at] = own + 1;
      put(tokens, { start: flat.start[at]!, depth: own, sort: sortOf(source, at), node: at, leaf: 0 });
      at += 1;
      continue;
    }
    seen = Math.max(seen, flat.end[at]!);
    if (reading !== "skipped") {
      put(tokens, { start: flat.start[at]!, depth: own, sort: sortOf(source, at), node: at, leaf: 1 });
      readLeaf(source, at, tokens.words, (tokens.count - 1) * 4);
    }
    at = flat.next[at]!;
  }
  return tokens;
}

type Reading = keyof typeof READ;

const CLOSING: ReadonlySet<string> = new Set([")", "]", "}", ">"]);

function rulesOf({ flat, tables, syntax }: Syntax): { reading(at: number): Reading } {
  const keptIn = tables.set(syntax.kept_parentheses.in);
  const keptAround = tables.set(syntax.kept_parentheses.around);
  const commaCounts = tables.set(syntax.last_comma_counts);
  const endNotIn = tables.set(syntax.idle_at_the_end.not_in);
  const whenEmpty = Object.entries(syntax.idle_when_empty).map(([empty, parents]) => ({
    own: tables.set([empty]),
    parents: tables.set(parents),
  }));
  const type = (at: number) => flat.type[at]!;
  const closes = (at: number) => CLOSING.has(tables.tokens[type(at)] ?? "");
  const last = (at: number) => flat.next[at] === flat.next[flat.parent[at]!];
  const drops = (at: number) => {
    if (tables.parentheses[type(at)] !== 1) return false;
    const held = firstNamed(flat, tables, at);
    const parent = flat.parent[at]!;
    return !(held >= 0 && parent >= 0 && keptIn[type(parent)] === 1 && keptAround[type(held)] === 1);
  };
  const idle = (at: number): boolean => {
    const parent = flat.parent[at]!;
    if (parent < 0 || type(parent) === ERROR_TYPE) return false;
    const token = tables.tokens[type(at)]!;
    if ((token === "(" || token === ")") && drops(parent)) return true;
    if (tables.idle(type(at), type(parent))) return true;
    if (token === ",") {
      const behind = flat.next[at]!;
      if (last(at) || !closes(behind) || commaCounts[type(parent)] === 1) return false;
      const before = childBefore(flat, at);
      return before >= 0 && tables.named[type(before)] === 1;
    }
    return syntax.idle_at_the_end.tokens.includes(token) && last(at) && endNotIn[type(parent)] !== 1;
  };
  const empty = (at: number): boolean => {
    const above = type(flat.parent[at]!);
    for (const { own, parents } of whenEmpty)
      if (own[type(at)] === 1 && parents[above] === 1 && firstNamed(flat, tables, at) < 0) return true;
    return false;
  };
  return {
    reading(at) {
      if (type(at) === ERROR_TYPE) return flat.next[at] === at + 1 ? "leaf" : "inner";
      if (tables.named[type(at)] === 0) return idle(at) ? "skipped" : "leaf";
      if (tables.trivia[type(at)] === 1) return "skipped";
      if (whenEmpty.length > 0 && flat.parent[at]! >= 0 && empty(at)) return "skipped";
      const leaf = tables.leaves[type(at)];
      if (leaf !== undefined) return leaf === "nothing" ? "skipped" : "leaf";
      if (flat.next[at] === at + 1) return "leaf";
      return drops(at) ? "dropped" : "inner";
    },
  };
}

/** Text between leaves that no leaf covers: what is not white there counts as it stands. */
function loose({ flat }: Syntax, tokens: Tokens, [from, to]: [number, number], depth: number): void {
  let start = from;
  while (start < to && isWhite(flat.text.charCodeAt(start))) start += 1;
  if (start === to) return;
  const text = flat.text.slice(start, to).trimEnd();
  put(tokens, { start, depth, sort: LOOSE, node: -1, leaf: 1 });
  hashText(tokens.words, (tokens.count - 1) * 4, { text, start: 0, end: text.length, packed: false });
}

const isWhite = (code: number): boolean =>
  code === 32 || (code >= 9 && code <= 13) || code === 0xa0 || code === 0xfeff || code === 0x2028 || code === 0x2029;

function sortOf({ flat, tables }: Syntax, at: number): number {
  const type = flat.type[at]!;
  if (type === ERROR_TYPE) return ERROR;
  return tables.named[type] === 1 ? tables.sort[type]! : 0;
}

type Put = { start: number; depth: number; sort: number; node: number; leaf: 0 | 1 };

function put(tokens: Tokens, { start, depth, sort, node, leaf }: Put): void {
  if (tokens.count === tokens.start.length) grow(tokens);
  const at = tokens.count++;
  tokens.start[at] = start;
  tokens.depth[at] = depth;
  tokens.sort[at] = sort;
  tokens.node[at] = node;
  tokens.leaf[at] = leaf;
}

const room = (size: number): Tokens => ({
  count: 0,
  start: new Int32Array(size),
  depth: new Int32Array(size),
  sort: new Int32Array(size),
  words: new Int32Array(size * 4),
  leaf: new Uint8Array(size),
  node: new Int32Array(size),
  read: new Uint8Array(0),
});

function grow(tokens: Tokens): void {
  const larger = room(tokens.count * 2);
  for (const key of ["start", "depth", "sort", "words", "leaf", "node"] as const) larger[key].set(tokens[key]);
  Object.assign(tokens, larger, { count: tokens.count, read: tokens.read });
}

/** The first token that starts at a place of the text or behind it. */
export function tokenAt({ start, count }: Tokens, place: number): number {
  let [low, high] = [0, count];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (start[middle]! < place) low = middle + 1;
    else high = middle;
  }
  return low;
}

function firstNamed(flat: FlatTree, tables: Tables, at: number): number {
  const end = flat.next[at]!;
  for (let child = at + 1; child < end; child = flat.next[child]!) {
    const type = flat.type[child]!;
    if (type === ERROR_TYPE || (tables.named[type] === 1 && tables.trivia[type] !== 1)) return child;
  }
  return -1;
}

function childBefore(flat: FlatTree, at: number): number {
  let before = -1;
  for (let child = flat.parent[at]! + 1; child < at; child = flat.next[child]!) before = child;
  return before;
}
