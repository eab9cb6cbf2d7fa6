import type { Tree } from "web-tree-sitter";
import { bitOf, emptyTree, type FlatTree, grow } from "./flat_tree.ts";

/**
 * A tree as it lies in the parser's memory: reading a node there costs no call into it, and five calls for each node were
 * an eighth of all that looking at a text took. The layout is that of tree-sitter's `subtree.h`, `tree.h` and `parser.h`,
 * with pointers of four bytes, as the pinned web-tree-sitter is built. That it still is so, a test shows, which reads
 * trees of all languages both ways. Texts are in UTF-16 there: two bytes are one character.
 */
type Memory = { bytes: Uint8Array; halves: Uint16Array; words: Uint32Array };

const TREE = { root: 0, language: 8 } as const;
const LANGUAGE = { fields: 32, longest: 36, slices: 64, entries: 68, symbols: 76, sequences: 84 } as const;
const SUBTREE = { padding: 4, size: 16, children: 36, symbol: 40, flags: 44, production: 66 } as const;
/** How far the children of a subtree are apart. They stand right before it. */
const CHILD = 8;
/** In the first byte of a child that is small: it is not an address, it is all there. */
const INLINE = 1;
const [VISIBLE, EXTRA] = [1, 4];
const ERROR_SYMBOL = 65_535;

/**
 * What a language has to say about how nodes are called where they stand; addresses, but for `fields` (0: it has none)
 * and `longest`, which is how many names each of the `sequences` has.
 */
type Naming = { fields: number; longest: number; slices: number; entries: number; symbols: number; sequences: number };

/**
 * The subtree that is looked at; one for all, for an object for each would cost more than to look. Sizes, and where it starts,
 * are in bytes. `at`: its address, if it has children. `field`: which one it is of what is around it.
 */
type Seen = {
  at: number;
  children: number;
  symbol: number;
  flags: number;
  padding: number;
  size: number;
  start: number;
  field: number;
};

/**
 * A subtree whose children are read: its address, how many there are, which is next (of all, and of those that are not
 * extra), where the last one ended, the node that it is (-1: it is hidden), the node around its children, and the field
 * that a hidden one hands down.
 */
const FRAME = { at: 0, children: 1, next: 2, structural: 3, end: 4, own: 5, around: 6, field: 7 } as const;
const WIDTH = 8;

type Walk = {
  memory: Memory;
  naming: Naming;
  flat: FlatTree;
  reading: Reading;
  seen: Seen;
  frames: Int32Array;
  depth: number;
};

/** `memory`: the parser's own; `named`: see `flatten`; `shallow`: what is not gone into, null: all is. */
type Reading = { memory: WebAssembly.Memory; named: Uint8Array; shallow: Shallow | null };

/**
 * Types of nodes, for a tree that is read as far as it says what stands at its top. `open`: what is in such a node stands
 * where it stands. `bodies`: one that is right in what is defined at the top, or in a part of that, is as if it were empty,
 * and so is what stands there in one of the `fields`, which are ids.
 */
export type Shallow = { open: Uint8Array; bodies: Uint8Array; fields: ReadonlySet<number> };

/** The same as `flatten`, in a fifth of its time. */
export function readMemory(tree: Tree, text: string, reading: Reading): FlatTree {
  const flat = emptyTree(text);
  const walk = begin(tree, flat, reading);
  walk.seen.start = walk.seen.padding;
  addNode(walk, walk.seen.symbol, -1);
  while (walk.depth > 0) {
    const frame = (walk.depth - 1) * WIDTH;
    if (walk.frames[frame + FRAME.next] !== walk.frames[frame + FRAME.children]) readChild(walk, frame);
    else leave(walk, frame);
  }
  return flat;
}

function begin(tree: Tree, flat: FlatTree, reading: Reading): Walk {
  const { buffer } = reading.memory;
  // The buffer is another one each time that the memory has grown.
  const memory = { bytes: new Uint8Array(buffer), halves: new Uint16Array(buffer), words: new Uint32Array(buffer) };
  const address = (tree as unknown as readonly number[])[0]!;
  const seen = { at: 0, children: 0, symbol: 0, flags: 0, padding: 0, size: 0, start: 0, field: 0 };
  look(memory, address + TREE.root, seen);
  const naming = namingOf(memory, memory.words[(address + TREE.language) >> 2]!);
  return { memory, naming, flat, reading, seen, frames: new Int32Array(WIDTH * 64), depth: 0 };
}

function namingOf({ halves, words }: Memory, at: number): Naming {
  const word = (offset: number) => words[(at + offset) >> 2]!;
  return {
    fields: word(LANGUAGE.fields),
    longest: halves[(at + LANGUAGE.longest) >> 1]!,
    slices: word(LANGUAGE.slices),
    entries: word(LANGUAGE.entries),
    symbols: word(LANGUAGE.symbols),
    sequences: word(LANGUAGE.sequences),
  };
}

/** Takes down what stands at an address where a child does. */
function look({ bytes, halves, words }: Memory, at: number, seen: Seen): void {
  const first = words[at >> 2]!;
  if ((first & INLINE) !== 0) {
    seen.children = 0;
    seen.flags = (first >> 1) & 7;
    seen.symbol = (first >> 8) & 255;
    seen.padding = bytes[at + 6]!;
    seen.size = bytes[at + 7]!;
    return;
  }
  seen.at = first;
  seen.children = words[(first + SUBTREE.children) >> 2]!;
  seen.flags = bytes[first + SUBTREE.flags]!;
  seen.symbol = halves[(first + SUBTREE.symbol) >> 1]!;
  seen.padding = words[(first + SUBTREE.padding) >> 2]!;
  seen.size = words[(first + SUBTREE.size) >> 2]!;
}

/** The next child of a subtree: a node, or something hidden whose own children stand in its place. */
function readChild(walk: Walk, frame: number): void {
  const { memory, naming, frames, seen } = walk;
  const next = frames[frame + FRAME.next]!++;
  const at = frames[frame + FRAME.at]!;
  look(memory, at - (frames[frame + FRAME.children]! - next) * CHILD, seen);
  // What stands before the first child stands before what is around it, too.
  seen.start = frames[frame + FRAME.end]! + (next === 0 ? 0 : seen.padding);
  frames[frame + FRAME.end] = seen.start + seen.size;
  seen.field = 0;
  let alias = 0;
  if ((seen.flags & EXTRA) === 0) {
    const place = frames[frame + FRAME.structural]!++;
    const production = memory.halves[(at + SUBTREE.production) >> 1]!;
    if (production !== 0 && naming.longest > 0)
      alias = memory.halves[(naming.sequences >> 1) + production * naming.longest + place]!;
    seen.field = fieldAt(memory, naming, production, place) || frames[frame + FRAME.field]!;
  }
  const parent = frames[frame + FRAME.around]!;
  if (alias !== 0) addNode(walk, alias, parent);
  else if ((seen.flags & VISIBLE) !== 0) addNode(walk, seen.symbol, parent);
  else if (seen.children > 0) enter(walk, -1, parent, seen.field);
}

/** The field that a language gives to what a production has at a place; 0: none. */
function fieldAt({ bytes, halves }: Memory, naming: Naming, production: number, place: number): number {
  if (naming.fields === 0) return 0;
  const slice = (naming.slices >> 1) + production * 2;
  const from = halves[slice]!;
  for (let at = from; at < from + halves[slice + 1]!; at += 1) {
    const entry = naming.entries + at * 4; // the field, the place, and whether it is inherited
    if (bytes[entry + 2] === place && bytes[entry + 3] === 0) return halves[entry >> 1]!;
  }
  return 0;
}

function addNode(walk: Walk, symbol: number, parent: number): void {
  const { memory, naming, flat, seen } = walk;
  const type = symbol === ERROR_SYMBOL ? symbol : memory.halves[(naming.symbols >> 1) + symbol]!;
  if (flat.count === flat.type.length) grow(flat);
  const at = flat.count++;
  flat.type[at] = type;
  flat.field[at] = seen.field;
  flat.start[at] = seen.start >> 1;
  flat.end[at] = (seen.start + seen.size) >> 1;
  flat.parent[at] = parent;
  if (parent >= 0) flat.inside[parent]! |= bitOf(type);
  if (seen.children > 0 && walk.reading.named[type] !== 0 && !isShut(walk, type, parent)) enter(walk, at, at, 0);
  else flat.next[at] = flat.count;
}

/** Whether a node is one that is not gone into. Whoever reads the tree finds it in `shut`. */
function isShut({ flat, seen, reading: { shallow } }: Walk, type: number, parent: number): boolean {
  if (shallow === null || parent <= 0 || isOpen(flat, shallow, parent)) return false;
  if (shallow.bodies[type] === 0 && !shallow.fields.has(seen.field)) return false;
  const above = flat.parent[parent]!;
  if (!isOpen(flat, shallow, above) && !isOpen(flat, shallow, flat.parent[above]!)) return false;
  flat.shut.push(flat.count - 1);
  return true;
}

/** Whether what is in a node stands at the top of the text. */
function isOpen({ type, parent }: FlatTree, { open }: Shallow, at: number): boolean {
  let above = at;
  while (above > 0 && open[type[above]!] === 1) above = parent[above]!;
  return above === 0;
}

/** @param field what its children are of, if they are of none that is their own */
function enter(walk: Walk, own: number, around: number, field: number): void {
  const frame = walk.depth * WIDTH;
  if (frame === walk.frames.length) {
    const wider = new Int32Array(frame * 2);
    wider.set(walk.frames);
    walk.frames = wider;
  }
  const { frames, seen } = walk;
  frames[frame + FRAME.at] = seen.at;
  frames[frame + FRAME.children] = seen.children;
  frames[frame + FRAME.next] = 0;
  frames[frame + FRAME.structural] = 0;
  frames[frame + FRAME.end] = seen.start;
  frames[frame + FRAME.own] = own;
  frames[frame + FRAME.around] = around;
  frames[frame + FRAME.field] = field;
  walk.depth += 1;
}

function leave(walk: Walk, frame: number): void {
  const own = walk.frames[frame + FRAME.own]!;
  if (own >= 0) walk.flat.next[own] = walk.flat.count;
  walk.depth -= 1;
}
