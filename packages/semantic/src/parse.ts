import { Parser, type Tree } from "web-tree-sitter";
import type { Grammar } from "./grammar.ts";

/** Why nothing is known of a text, as a clause. */
export type Unknown = { unknown: string };

const CHARS_MAX = 1_000_000;
const STEPS_MAX = 20_000; // of a hundred or so operations; counted, not timed: the same text has the same answer everywhere

/** Parses a text and works on its tree, which is gone afterwards. Mistakes in the text are in the tree. */
export function withTree<T extends object>(grammar: Grammar, text: string, work: (tree: Tree) => T): T | Unknown {
  if (text.length > CHARS_MAX) return { unknown: `it is longer than ${CHARS_MAX} characters` };
  const parser = new Parser();
  try {
    parser.setLanguage(grammar.language);
    let steps = 0;
    const tree = parser.parse((from) => portionOf(text, from), null, { progressCallback: () => ++steps > STEPS_MAX });
    if (tree === null) return { unknown: "it is too intricate to be parsed" };
    try {
      return work(tree);
    } finally {
      tree.delete();
    }
  } finally {
    parser.delete();
  }
}

/** The parser takes 5,119 units of UTF-16 at a time, and takes what is cut in two there for a mistake. */
const PORTION = 5_000;

function portionOf(text: string, from: number): string {
  const to = from + PORTION;
  const last = text.charCodeAt(to - 1);
  return text.slice(from, last >= 0xd800 && last < 0xdc00 ? to - 1 : to);
}
