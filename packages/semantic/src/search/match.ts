import type { SyntaxTree } from "../syntax_tree.ts";
import { gapsOf, kindOf, partsOf } from "./parts.ts";
import type { PatternNode } from "./pattern.ts";

/** So many nodes of one text are looked at: counted, not timed, so that a text has the same answer everywhere. */
const LOOKS_MAX = 2_000_000;

/** The text that each name stands for. */
type Bound = ReadonlyMap<string, string>;
type Then = (bound: Bound) => boolean;
/** Siblings of which some are compared already. */
type Rest = { parts: readonly number[]; from: number };

/** Where the nodes begin that are like a pattern, in the order of the text; null: that takes too long to find out. */
export function matchesIn(tree: SyntaxTree, root: PatternNode): number[] | null {
  const { flat } = tree;
  const found: number[] = [];
  const matcher = openMatcher(tree);
  for (let at = 0; at < flat.count; at++) {
    if (matcher.isLike(root, at)) found.push(flat.start[at]!);
    if (matcher.looks() > LOOKS_MAX) return null;
  }
  return found;
}

/**
 * Compares nodes. What is left to compare is handed on (`then`), so that a hole which took too many siblings is tried
 * again with others when something behind it does not fit.
 */
function openMatcher(tree: SyntaxTree) {
  const { flat, tables } = tree;
  let looks = 0;
  const node = (want: PatternNode, at: number, bound: Bound, then: Then): boolean => {
    looks += 1;
    if (looks > LOOKS_MAX) return false;
    if (want.hole) return tables.named[flat.type[at]!] === 1 && bind(want, textOf(at, at), bound, then);
    if (want.kind !== kindOf(tree, at)) return false;
    const parts = partsOf(tree, at);
    if (want.parts.length === 0) return parts.length === 0 && want.text === textOf(at, at) && then(bound);
    return want.gaps === gapsOf(tree, at) && list(want.parts, { parts, from: 0 }, bound, then);
  };
  const list = (wants: readonly PatternNode[], { parts, from }: Rest, bound: Bound, then: Then): boolean => {
    const [want, ...rest] = wants;
    if (want === undefined) return from === parts.length && then(bound);
    if (want.hole?.many) return many(wants, { parts, from }, bound, then);
    const at = parts[from];
    if (at === undefined || flat.field[at] !== want.field) return false;
    return node(want, at, bound, (now) => list(rest, { parts, from: from + 1 }, now, then));
  };
  const many = ([want, ...rest]: readonly PatternNode[], { parts, from }: Rest, bound: Bound, then: Then): boolean => {
    const least = rest.filter(({ hole }) => !hole?.many).length;
    const first = rest.length === 0 ? parts.length : from; // all that is there, where nothing follows
    for (let to = first; to <= parts.length - least; to++) {
      looks += 1;
      if (looks > LOOKS_MAX) return false;
      const text = to === from ? "" : textOf(parts[from]!, parts[to - 1]!);
      if (bind(want!, text, bound, (now) => list(rest, { parts, from: to }, now, then))) return true;
    }
    return false;
  };
  const textOf = (first: number, last: number) => flat.text.slice(flat.start[first], flat.end[last]);
  return {
    isLike: (root: PatternNode, at: number) => node(root, at, new Map(), () => true),
    looks: () => looks,
  };
}

function bind({ hole }: PatternNode, text: string, bound: Bound, then: Then): boolean {
  const name = hole?.name ?? null;
  if (name === null) return then(bound);
  const before = bound.get(name);
  if (before !== undefined) return before === text && then(bound);
  return then(new Map([...bound, [name, text]]));
}
