import type { FlatTree } from "../flat_tree.ts";
import type { Tables } from "./tables.ts";

/** From where the text of a body runs, and to where: inside of its braces, and behind a comment that follows its head. */
export type Stretch = { from: number; to: number };

/** What kinds of nodes there are, by what the profile says of them. */
export type Is = Record<
  "anonymous" | "trivia" | "decorator" | "wrapper" | "block" | "clause" | "body" | "through" | "loose",
  (at: number) => boolean
>;
export type Shape = { flat: FlatTree; tables: Tables; is: Is };

export function stretchOf(shape: Shape, body: number): Stretch {
  const { flat, tables, is } = shape;
  const children = childrenOf(flat, body);
  const token = (at: number | undefined) => (at === undefined ? "" : tables.tokens[flat.type[at]!]);
  const open = is.body(body) ? children.find((at) => /^(\{\|?|\()$/.test(token(at) ?? "")) : undefined;
  if (open === undefined) {
    let head = body - 1;
    while (head > 0 && is.trivia(head)) head -= 1;
    const from = Math.min(commentBehind(shape, flat.end[head]!, head + 1), flat.start[body]!);
    return { from, to: Math.max(from, ownEnd(shape, body)) };
  }
  const from = commentBehind(shape, flat.end[open]!, children[children.indexOf(open) + 1] ?? -1);
  const closed = /^(\|?\}|\))$/.test(token(children.at(-1)) ?? "");
  const last = closed ? children.at(-2)! : children.at(-1)!;
  return { from, to: Math.max(from, trimmedEnd(flat, last)) };
}

/** The same of a node whose body has no node of its own: all behind the last node of its head. */
export function stretchBehind(shape: Shape, head: number, whole: number): Stretch {
  const from = commentBehind(shape, shape.flat.end[head]!, head + 1);
  return { from, to: Math.max(from, ownEnd(shape, whole)) };
}

/** The end of a comment that ends the line of a head, or the head's own. */
function commentBehind({ flat, is }: Shape, end: number, next: number): number {
  if (next < 0 || next >= flat.count || !is.trivia(next) || flat.start[next]! < end) return end;
  const between = flat.text.slice(end, flat.start[next]);
  const rest = /[^\r\n]*/.exec(flat.text.slice(flat.end[next], flat.end[next]! + 200))![0];
  return /[\r\n]/.test(between) || rest.trim() !== "" ? end : flat.end[next]!;
}

export function childrenOf(flat: FlatTree, at: number): number[] {
  const children: number[] = [];
  for (let child = at + 1; child < flat.next[at]!; child = flat.next[child]!) children.push(child);
  return children;
}

/** Where what a node says ends: some grammars have the line end in the statement. */
export function trimmedEnd({ text, start, end }: FlatTree, at: number): number {
  let own = end[at]!;
  while (own > start[at]! && /\s/.test(text[own - 1]!)) own -= 1;
  return own;
}

/** The same without the comments below it that some grammars have in it: they belong to what follows. */
export function ownEnd(shape: Shape, at: number): number {
  const { flat, is } = shape;
  if (!is.loose(at)) return trimmedEnd(flat, at);
  const last = childrenOf(flat, at).findLast((child) => !is.trivia(child));
  return last === undefined ? trimmedEnd(flat, at) : ownEnd(shape, last);
}

/** The children of a node, with those of what only stands around units in their place. */
export function unitsBelow(shape: Shape, at: number): number[] {
  return childrenOf(shape.flat, at).flatMap((child) => (shape.is.through(child) ? unitsBelow(shape, child) : [child]));
}
