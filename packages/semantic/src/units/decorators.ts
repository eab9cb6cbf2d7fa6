import type { FlatTree } from "../flat_tree.ts";
import type { Decorator } from "../unit.ts";
import { plainText } from "./plain_text.ts";
import type { Source } from "./source.ts";
import { childrenOf } from "./stretch.ts";

/** What a decorator makes of what it stands on: another kind of unit, or one that is no duplicate of its namesake. */
export type Meaning = { kind?: "property" | undefined; role?: string | undefined };

/** The decorators of a unit: beside the node from its start on, and down to the definition in it. */
export function decoratorsOf({ flat, is, definitions }: Source, node: number, start: number): number[] {
  const found: number[] = [];
  for (let at = siblingFrom(flat, node, start); at < node; at = flat.next[at]!) if (is.decorator(at)) found.push(at);
  for (let inner: number | undefined = node; inner !== undefined; ) {
    const children: number[] = childrenOf(flat, inner);
    found.push(...children.filter(is.decorator));
    inner = definitions.has(inner) ? undefined : children.find((at) => definitions.has(at) || is.wrapper(at));
  }
  return found;
}

/** The first node beside another one that starts at a place or behind it; the node itself: there is none in front of it. */
function siblingFrom({ start, next, parent: above }: FlatTree, node: number, from: number): number {
  const parent = above[node]!;
  if (parent < 0) return node;
  let [low, high] = [parent + 1, node];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (start[middle]! < from) low = middle + 1;
    else high = middle;
  }
  while (above[low] !== parent) low = above[low]!;
  return start[low]! < from ? next[low]! : low;
}

/** As it is written: its name with dots, and what it is called with. */
export function decoratorOf(source: Source, at: number): Decorator {
  const text = plainText(source, at);
  const [, name = text, behind = ""] =
    /^@\s*([\w.$]+)([\s\S]*)$/.exec(text) ?? /^#\[\s*([\w:]+)([\s\S]*?)\s*\]$/.exec(text) ?? [];
  return { name, arguments: /^\([\s\S]*\)$/.test(behind) ? behind.slice(1, -1) : behind === "" ? null : behind };
}

/** By the whole name, or by its last part: ".setter" is any name that ends so, and `overload` is "typing.overload". */
export function meaningOf(source: Source, node: number, start: number): Meaning {
  const { decorator_meanings: meanings } = source.units;
  const found = decoratorsOf(source, node, start).map((at): Meaning | undefined => {
    const { name } = decoratorOf(source, at);
    return Object.hasOwn(meanings, name) ? meanings[name] : meanings[`.${name.slice(name.lastIndexOf(".") + 1)}`];
  });
  return Object.assign({}, ...found) as Meaning;
}
