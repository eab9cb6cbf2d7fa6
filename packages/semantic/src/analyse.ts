import type { Node, Tree } from "web-tree-sitter";
import type { Grammar, Grammars } from "./grammar.ts";
import { languageOf, NO_GRAMMAR } from "./language.ts";
import { type Unknown, withTree } from "./parse.ts";
import { referencesOf } from "./references/references.ts";
import { functionShapes } from "./structure/complexity.ts";
import type { Fault, Summary } from "./summary.ts";
import { readTree } from "./syntax_tree.ts";
import type { Shallow } from "./tree_memory.ts";
import { type Heads, headsIn } from "./units/heads.ts";
import { DEEPEST, topOf, unitsOf } from "./units.ts";
import { unitsAlone } from "./units_alone.ts";

/** All that a text says, or its units alone: then it is as if it referred to nothing, which takes half the time. */
export type Depth = "all" | "units";

/** What a text says, in the language that its path or its first line names. Nothing of it is run or followed. */
export function analyse(grammars: Grammars, path: string, text: string, depth: Depth = "all"): Summary | Unknown {
  const language = languageOf(grammars, path, text);
  if (language === null) return NO_GRAMMAR;
  const grammar = grammars.grammar(language);
  return withTree(grammar, text, (tree) => summaryOf(grammar, tree, text, depth));
}

/**
 * What stands at the top of a text, which takes little more than to parse it. Where that is not enough to look at
 * stretches of it alone, it is what `analyse` says of its units.
 */
export function analyseHeads(grammars: Grammars, path: string, text: string): Heads | Summary | Unknown {
  const language = languageOf(grammars, path, text);
  if (language === null) return NO_GRAMMAR;
  const grammar = grammars.grammar(language);
  return withTree(grammar, text, (tree) => {
    const shallow = readTree(tree, text, grammar, shallowOf(grammar));
    const top = topOf(grammar, shallow) ?? topOf(grammar, readTree(tree, text, grammar));
    const heads = top && headsIn({ language, version: grammar.version, faults: faultsOf(tree.rootNode) }, top);
    return heads ?? summaryOf(grammar, tree, text, "units");
  });
}

function summaryOf(grammar: Grammar, tree: Tree, text: string, depth: Depth): Summary | Unknown {
  const { name: language, profile, version } = grammar;
  const syntax = readTree(tree, text, grammar);
  const units = unitsOf(grammar, syntax);
  if (units === null) return { unknown: `its symbols are nested more than ${DEEPEST} deep` };
  if (depth === "units") return unitsAlone({ language, version, units, faults: faultsOf(tree.rootNode) });
  const query = grammar.references;
  const found = referencesOf({ tree: syntax, query, profile: profile.references, units });
  const faults = [...faultsOf(tree.rootNode), ...found.faults];
  const functions = functionShapes(syntax, profile.complexity, units);
  return { language, version, units, ...found, faults, functions };
}

/** Blocks have no names of their own: what is in them stands where they stand. The end of a loose one is that of what is in it. */
function shallowOf({ tables, profile: { units } }: Grammar): Shallow {
  const { wrappers, through, blocks, loose_ends, fields } = units;
  return {
    open: tables.set([...wrappers, ...through, ...blocks.statements, ...blocks.clauses, ...blocks.bodies]),
    bodies: tables.set(units.bodies.filter((type) => !loose_ends.includes(type))),
    fields: new Set(fields.parameters.map(tables.field)),
  };
}

const FAULTS_MAX = 20; // one mistake may break all that follows it

/** Where the grammar lost its way. */
function faultsOf(root: Node): Fault[] {
  const faults: Fault[] = [];
  const open = [root];
  for (let node = open.pop(); node !== undefined && faults.length < FAULTS_MAX; node = open.pop()) {
    if (!node.hasError) continue;
    if (node.isMissing) faults.push(faultOf(node, "missing", `"${node.type}" is missing`));
    else if (node.isError) faults.push(faultOf(node, "unexpected", "this is not expected here"));
    else open.push(...node.children.filter((child) => child !== null).reverse());
  }
  return faults;
}

const faultOf = (node: Node, code: string, message: string): Fault => ({
  code,
  span: [node.startIndex, node.endIndex],
  message,
});
