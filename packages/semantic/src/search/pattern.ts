import type { Grammar, Grammars } from "../grammar.ts";
import { withTree } from "../parse.ts";
import { readTree, type SyntaxTree } from "../syntax_tree.ts";
import { gapsOf, kindOf, partsOf } from "./parts.ts";

/** A part of a pattern that stands for code. `name` null: each may be another text. `many`: any number of siblings. */
export type Hole = { name: string | null; many: boolean };

/** A node that a pattern asks for. `field`: the id of the field that it is of the node around it. */
export type PatternNode = {
  kind: string;
  field: number;
  text: string;
  gaps: string;
  hole: Hole | null;
  parts: readonly PatternNode[];
};

export type Pattern = { language: string; root: PatternNode };
/** Why a pattern cannot be looked for, as a clause with the cure. */
export type Wrong = { wrong: string };

const CHARS_MAX = 20_000;
const NODES_MAX = 2_000; // comparing goes as deep as there are nodes

/** Code that a piece may stand in where it cannot stand by itself; a language in which it means nothing refuses it. */
const AROUND = [
  ["", ""],
  ["func dgov() {\n", "\n}"],
  ["fn dgov() {\n", "\n}"],
  ["class Dgov {\n", "\n}"],
  ["{", "}"],
] as const;

/**
 * A pattern is code of a language with holes: `$A` is one node, and the same name twice the same text; `$_` is one node of
 * any text; `$$$` and `$$$A` are any number of siblings.
 *
 * @param language one of `grammars.names`
 */
export function compilePattern(grammars: Grammars, language: string, pattern: string): Pattern | Wrong {
  const code = pattern.trim();
  if (code.length > CHARS_MAX) return { wrong: `the pattern is longer than ${CHARS_MAX} characters; give less of it` };
  const grammar = grammars.grammar(language);
  for (const [before, after] of AROUND)
    for (const quote of ["", '"']) {
      const filled = fill(code, quote);
      const root = parsed(grammar, [before, filled.code, after], filled.holes);
      if (root === null) continue;
      if (typeof root === "string") return { wrong: root };
      return { language, root };
    }
  return {
    wrong: `the pattern is not one piece of ${language}; give one whole expression, statement or definition, with $A for a node of it and $$$ for any number`,
  };
}

type Filled = { code: string; holes: ReadonlyMap<string, Hole> };

const HOLE = /(?<![\w$])(\$\$\$|\$)([A-Z_][A-Z0-9_]*)?(?![\w$])/g;

/** Puts a name that parses in place of each hole; where a language has no names, as data has none, a string. */
function fill(code: string, quote: string): Filled {
  let letter = "µ";
  while (code.includes(letter)) letter += "µ";
  const holes = new Map<string, Hole>();
  const filled = code.replace(HOLE, (all, dollars: string, name: string | undefined) => {
    if (all === "$") return all; // a name by itself in some languages
    const stands = `${quote}${letter}${holes.size}${quote}`;
    holes.set(stands, { name: name === undefined || name.startsWith("_") ? null : all, many: dollars === "$$$" });
    return stands;
  });
  return { code: filled, holes };
}

/** null: it does not parse so. A text: why it is of no use. */
function parsed(grammar: Grammar, [before, code, after]: readonly [string, string, string], holes: Filled["holes"]) {
  const text = before + code + after;
  const found = withTree(grammar, text, (tree): { root: PatternNode | string | null } => {
    if (tree.rootNode.hasError) return { root: null };
    const syntax = readTree(tree, text, grammar);
    const at = innermost(syntax, before.length, before.length + code.length);
    if (at < 0) return { root: null };
    if (syntax.flat.count > NODES_MAX) return { root: `the pattern has more than ${NODES_MAX} nodes; give less of it` };
    const root = nodeOf(syntax, at, holes);
    return { root: root.hole ? "the pattern is nothing but a hole; give some code around it" : root };
  });
  return "unknown" in found ? null : found.root;
}

/** The last named node that is exactly this stretch; -1: none is, besides the whole text. */
function innermost({ flat, tables }: SyntaxTree, start: number, end: number): number {
  let found = -1;
  for (let at = 1; at < flat.count; at++)
    if (flat.start[at] === start && flat.end[at] === end && tables.named[flat.type[at]!]) found = at;
  return found;
}

/** Of such a node one hole is a member and not the whole, though it is all that is there. */
const LIST = /(^|_)(list|block)$/;

function nodeOf(tree: SyntaxTree, at: number, holes: Filled["holes"]): PatternNode {
  const { flat } = tree;
  const text = flat.text.slice(flat.start[at], flat.end[at]);
  const kind = kindOf(tree, at);
  const hole = holes.get(text) ?? manyBefore(holes, text);
  const parts = partsOf(tree, at);
  const isHole = hole !== null && (hole.many || parts.length !== 1 || !LIST.test(kind));
  return {
    ...{ kind, field: flat.field[at]!, text, gaps: gapsOf(tree, at) },
    hole: isHole ? hole : null,
    parts: isHole ? [] : parts.map((part) => nodeOf(tree, part, holes)),
  };
}

/** `$$$;` is any number of statements as well. */
function manyBefore(holes: Filled["holes"], text: string): Hole | null {
  const hole = text.endsWith(";") ? holes.get(text.slice(0, -1).trimEnd()) : undefined;
  return hole?.many ? hole : null;
}
