import type { Tree, TreeCursor } from "web-tree-sitter";

/**
 * A tree as arrays: its nodes in the order in which they start, each before what is in it. Reading a node costs no call
 * into the parser's memory, and nothing has to be disposed of.
 *
 * `type`    the id that the language has for it; 65,535: a stretch that the grammar does not know
 * `field`   the id of the field that it is of the node around it; 0: of none
 * `parent`  -1: it is the root
 * `next`    the first node that is behind it and not in it; `next[at] === at + 1`: it is a leaf
 * `inside`  of what types its children are: a bit for each (`bitOf`), which several types share
 * `shut`    nodes that have others in them which are not here; nearly always none
 */
export type FlatTree = {
  text: string;
  count: number;
  type: Uint16Array;
  field: Uint16Array;
  start: Int32Array;
  end: Int32Array;
  parent: Int32Array;
  next: Int32Array;
  inside: Int32Array;
  shut: number[];
};

export const ERROR_TYPE = 65_535;

/** The bit of a type in `inside`. */
export const bitOf = (type: number): number => 1 << (type & 31);

/** Asks the parser for one node after the other. Of types that are not in `named` nobody wants to know what is inside. */
export function flatten(tree: Tree, text: string, named: Uint8Array): FlatTree {
  const cursor = tree.walk();
  try {
    return walk(cursor, emptyTree(text), named);
  } finally {
    cursor.delete();
  }
}

function walk(cursor: TreeCursor, flat: FlatTree, named: Uint8Array): FlatTree {
  let parent = -1;
  for (;;) {
    const { nodeTypeId: type, currentFieldId: field, startIndex: start, endIndex: end } = cursor;
    if (flat.count === flat.type.length) grow(flat);
    const at = flat.count++;
    flat.type[at] = type;
    flat.field[at] = field;
    flat.start[at] = start;
    flat.end[at] = end;
    flat.parent[at] = parent;
    if (parent >= 0) flat.inside[parent]! |= bitOf(type);
    if (named[type] !== 0 && cursor.gotoFirstChild()) {
      parent = at;
      continue;
    }
    flat.next[at] = flat.count;
    while (!cursor.gotoNextSibling()) {
      if (!cursor.gotoParent()) return flat;
      flat.next[parent] = flat.count;
      parent = flat.parent[parent]!;
    }
  }
}

export function emptyTree(text: string): FlatTree {
  const room = 64 + (text.length >> 2); // few texts have more nodes than that
  const wide = () => new Int32Array(room);
  return {
    ...{ text, count: 0, type: new Uint16Array(room), field: new Uint16Array(room), shut: [] },
    ...{ start: wide(), end: wide(), parent: wide(), next: wide(), inside: wide() },
  };
}

/** Makes room for as many nodes again. */
export function grow(flat: FlatTree): void {
  const larger = <A extends Int32Array | Uint16Array>(array: A, made: A): A => {
    made.set(array);
    return made;
  };
  const room = flat.count * 2;
  flat.type = larger(flat.type, new Uint16Array(room));
  flat.field = larger(flat.field, new Uint16Array(room));
  for (const key of ["start", "end", "parent", "next", "inside"] as const)
    flat[key] = larger(flat[key], new Int32Array(room));
}
