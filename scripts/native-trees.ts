// Compares our trees, of the parser in WebAssembly, with those of the native tree-sitter, for every file of folders: each
// node's type, field and place. A grammar whose native version is another one is left out by name. Prints each difference.
// Needs a Python with the packages that .ci/run installs.
// Usage: bun scripts/native-trees.ts [--python PROGRAM] FOLDER…

import { readFileSync } from "node:fs";
import { openGrammars } from "../packages/semantic/src/grammar.ts";
import { languageOf } from "../packages/semantic/src/language.ts";
import { compareTrees, nativeLacks, nativePython } from "../test/semantic/native_trees.ts";

const MOST_AT_ONCE = 20; // what is asked in one run of Python, whose answers are long

const args = process.argv.slice(2);
const at = args.indexOf("--python");
const python = nativePython(at === -1 ? undefined : args.splice(at, 2)[1]);
if (python === null)
  throw new Error("Cannot compare trees: Python has no tree_sitter; see .ci/run for what to install");
const grammars = await openGrammars();
const lacks = nativeLacks(python);
for (const [name, why] of lacks) if (why !== null) console.log(`${name} is left out: ${why}`);
const paths = args.flatMap((folder) => [...new Bun.Glob("**/*").scanSync({ cwd: folder, absolute: true })]).sort();
const samples = paths.flatMap((path) => {
  const bytes = readFileSync(path);
  const text = bytes.toString();
  const grammar = languageOf(grammars, path, text);
  const compared = grammar !== null && lacks.get(grammar) === null && Buffer.from(text).equals(bytes);
  return compared ? [{ grammar, path, text }] : [];
});
let failed = false;
for (const [name, own] of Map.groupBy(samples, ({ grammar }) => grammar)) {
  const told = { nodes: 0, differences: 0 };
  for (let first = 0; first < own.length; first += MOST_AT_ONCE) {
    const { nodes, differences } = compareTrees(python, grammars, own.slice(first, first + MOST_AT_ONCE));
    for (const line of differences) console.log(line);
    told.nodes += nodes;
    told.differences += differences.length;
  }
  console.log(`${name}: ${own.length} files, ${told.nodes} nodes, ${told.differences} files differ`);
  failed ||= told.differences > 0;
}
process.exitCode = failed ? 1 : 0;
