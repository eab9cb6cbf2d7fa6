import type { Node } from "web-tree-sitter";
import type { Grammars } from "./grammar.ts";
import { languageOf, NO_GRAMMAR } from "./language.ts";
import { type Unknown, withTree } from "./parse.ts";
import { referencesOf } from "./references/references.ts";
import { functionShapes } from "./structure/complexity.ts";
import type { Fault, Summary } from "./summary.ts";
import { readTree } from "./syntax_tree.ts";
import { DEEPEST, unitsOf } from "./units.ts";
import { unitsAlone } from "./units_alone.ts";

/** All that a text says, or its units alone: then it is as if it referred to nothing, which takes half the time. */
export type Depth = "all" | "units";

/** What a text says, in the language that its path or its first line names. Nothing of it is run or followed. */
export function analyse(grammars: Grammars, path: string, text: string, depth: Depth = "all"): Summary | Unknown {
  const language = languageOf(grammars, path, text);
  if (language === null) return NO_GRAMMAR;
  const grammar = grammars.grammar(language);
  return withTree(grammar, text, (tree): Summary | Unknown => {
    const { profile, version } = grammar;
    const syntax = readTree(tree, text, grammar);
    const units = unitsOf(grammar, syntax);
    if (units === null) return { unknown: `its symbols are nested more than ${DEEPEST} deep` };
    if (depth === "units") return unitsAlone({ language, version, units, faults: faultsOf(tree.rootNode) });
    const query = grammar.references;
    const found = referencesOf({ tree: syntax, query, profile: profile.references, units });
    const faults = [...faultsOf(tree.rootNode), ...found.faults];
    const functions = functionShapes(syntax, profile.complexity, units);
    return { language, version, units, ...found, faults, functions };
  });
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
