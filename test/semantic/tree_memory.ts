// Whether trees read from the parser's memory are those that the parser tells node by node, for texts in all languages, whole
// and cut off. In a process of its own, where the parser's memory is known: it prints a line of JSON.
import { type FlatTree, flatten } from "../../packages/semantic/src/flat_tree.ts";
import { type Grammar, openGrammars } from "../../packages/semantic/src/grammar.ts";
import { withTree } from "../../packages/semantic/src/parse.ts";
import { readMemory } from "../../packages/semantic/src/tree_memory.ts";
import { samplesIn } from "./tree_samples.ts";

const ARRAYS = ["type", "field", "start", "end", "parent", "next", "inside"] as const;
const DEEP = `${"(".repeat(3_000)}a${")".repeat(3_000)}`;

/** Where two trees first differ; null: nowhere. */
function difference(told: FlatTree, read: FlatTree): string | null {
  if (told.count !== read.count) return `${told.count} nodes are ${read.count}`;
  for (const array of ARRAYS)
    for (let at = 0; at < told.count; at++)
      if (told[array][at] !== read[array][at])
        return `the ${array} of node ${at} is ${told[array][at]}, and not ${read[array][at]}`;
  return null;
}

function compare(grammar: Grammar, text: string): { nodes: number; differs: string | null } {
  const { named } = grammar.tables;
  const found = withTree(grammar, text, (tree) => {
    const told = flatten(tree, text, named);
    return {
      nodes: told.count,
      differs: difference(told, readMemory(tree, text, { named, memory: grammar.memory!, shallow: null })),
    };
  });
  if ("unknown" in found) throw new Error(found.unknown);
  return found;
}

const grammars = await openGrammars();
const languages = grammars.names.map((name) => {
  const grammar = grammars.grammar(name);
  const texts = samplesIn(grammars, name).flatMap(({ text }) => [text, text.slice(0, text.length * 0.6)]);
  const found = [...texts, DEEP].map((text) => compare(grammar, text));
  const differences = found.flatMap(({ differs }) => differs ?? []).slice(0, 5);
  return { name, nodes: found.reduce((sum, { nodes }) => sum + nodes, 0), differences };
});
console.log(JSON.stringify(languages));
