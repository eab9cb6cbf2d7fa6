import type { Tree } from "web-tree-sitter";
import { ERROR_TYPE, type FlatTree, flatten } from "./flat_tree.ts";
import { readMemory, type Shallow } from "./tree_memory.ts";
import type { Tables } from "./units/tables.ts";

/** A tree that is read from arrays. `parsed`: as the parser has it, for what the arrays do not say. */
export type SyntaxTree = { flat: FlatTree; tables: Tables; parsed: Tree; node(at: number): SyntaxNode };

/**
 * A node as queries give it. `id` is its place in the flat tree.
 *
 * `isExtra`      it may stand anywhere, and means nothing where it stands: a comment
 * `namedChildren` in their order, comments among them
 */
export class SyntaxNode {
  readonly id: number;
  readonly #tree: SyntaxTree;
  constructor(tree: SyntaxTree, at: number) {
    this.#tree = tree;
    this.id = at;
  }
  get startIndex(): number {
    return this.#tree.flat.start[this.id]!;
  }
  get endIndex(): number {
    return this.#tree.flat.end[this.id]!;
  }
  get type(): string {
    const { flat, tables } = this.#tree;
    const type = flat.type[this.id]!;
    return type === ERROR_TYPE ? "ERROR" : tables.names[type] || tables.tokens[type]!;
  }
  get isExtra(): boolean {
    const { flat, tables } = this.#tree;
    return tables.trivia[flat.type[this.id]!] === 1;
  }
  /** How many characters stand before it on its line. */
  get column(): number {
    const { startIndex } = this;
    return startIndex === 0 ? 0 : startIndex - 1 - this.#tree.flat.text.lastIndexOf("\n", startIndex - 1);
  }
  get namedChildren(): SyntaxNode[] {
    const { flat, tables } = this.#tree;
    const children: SyntaxNode[] = [];
    for (let at = this.id + 1; at < flat.next[this.id]!; at = flat.next[at]!)
      if (tables.named[flat.type[at]!] !== 0) children.push(this.#tree.node(at));
    return children;
  }
}

/** What of a grammar is needed to read its trees. `memory`: the parser's; null: another one has started the parser. */
type Reading = { tables: Tables; memory: WebAssembly.Memory | null };

/** @param shallow what is not gone into; null: all is. It saves work, and where it cannot be had all is gone into */
export function readTree(
  parsed: Tree,
  text: string,
  { tables, memory }: Reading,
  shallow: Shallow | null = null,
): SyntaxTree {
  const { named } = tables;
  const flat = memory === null ? flatten(parsed, text, named) : readMemory(parsed, text, { memory, named, shallow });
  const nodes = new Array<SyntaxNode | undefined>(flat.count);
  const tree: SyntaxTree = {
    flat,
    tables,
    parsed,
    node: (at) => {
      nodes[at] ??= new SyntaxNode(tree, at);
      return nodes[at];
    },
  };
  return tree;
}

/** Where a node of the parser's stands in the flat tree. */
export function indexOf(flat: FlatTree, at: { startIndex: number; endIndex: number; typeId: number }): number {
  const { startIndex, endIndex, typeId } = at;
  let [low, high] = [0, flat.count];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (flat.start[middle]! < startIndex) low = middle + 1;
    else high = middle;
  }
  for (let own = low; own < flat.count && flat.start[own] === startIndex; own += 1)
    if (flat.end[own] === endIndex && flat.type[own] === typeId) return own;
  throw new Error(`Cannot find a node of the tree: nothing is at ${startIndex}`);
}
