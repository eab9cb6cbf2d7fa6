import type { Grammars } from "../grammar.ts";
import { lineOf, lineStarts } from "../lines.ts";
import { type Unknown, withTree } from "../parse.ts";
import { readTree } from "../syntax_tree.ts";
import { matchesIn } from "./match.ts";
import type { Pattern } from "./pattern.ts";

export { compilePattern, type Pattern, type Wrong } from "./pattern.ts";

/** A line on which a piece of code begins that is like a pattern; `line` counts from 1. */
export type MatchedLine = { line: number; text: string };

/** The lines of a text that are like a pattern, each once, in their order. The text is in the pattern's language. */
export function findMatches(grammars: Grammars, pattern: Pattern, text: string): MatchedLine[] | Unknown {
  const grammar = grammars.grammar(pattern.language);
  return withTree(grammar, text, (tree): MatchedLine[] | Unknown => {
    const found = matchesIn(readTree(tree, text, grammar), pattern.root);
    if (found === null) return { unknown: "comparing it takes too long; use fewer $$$, or more code around them" };
    const starts = lineStarts(text);
    const lines = new Set(found.map((at) => lineOf(starts, at)));
    return [...lines].map((line) => ({ line, text: text.slice(starts[line - 1], starts[line]).trimEnd() }));
  });
}

/** The language that is called so, or whose files end so: "python", "py". null: none that has a grammar here. */
export function languageNamed(grammars: Grammars, name: string): string | null {
  const word = name.toLowerCase();
  const ends = (own: string) => grammars.profile(own).files.endings.includes(word);
  return grammars.names.find((own) => own === word) ?? grammars.names.find(ends) ?? null;
}
