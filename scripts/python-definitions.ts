// Compares the functions and classes that grammars/python/symbols.scm gives with those of CPython's own parser (ast), for
// every file of a folder; without one, for the standard library of the Python that runs. Prints each difference.
// Usage: bun scripts/python-definitions.ts [--python PROGRAM] [FOLDER]

import { openGrammars } from "../packages/semantic/src/grammar.ts";
import { definitionDifferences, definitionsBy } from "../test/semantic/definitions.ts";

const args = process.argv.slice(2);
const at = args.indexOf("--python");
const python = at === -1 ? "python3" : args.splice(at, 2)[1]!;
const library = () =>
  Bun.spawnSync([python, "-c", "import os; print(os.path.dirname(os.__file__))"]).stdout.toString().trim();
const folder = args[0] ?? library();
const all = [...new Bun.Glob("**/*.py").scanSync({ cwd: folder, absolute: true })].sort();
const paths = args[0] === undefined ? all.filter((path) => !path.includes("/site-packages/")) : all;
const grammars = await openGrammars();
const told = { compared: 0, definitions: 0, differences: 0, unparsed: 0 };
for (const answer of definitionsBy(python, paths)) {
  if ("error" in answer) continue;
  const lines = definitionDifferences(grammars, answer.path, answer.rows);
  if (lines === null) {
    console.log(`${answer.path} is not parsed by our grammar`);
    told.unparsed++;
    continue;
  }
  for (const line of lines) console.log(line);
  told.compared++;
  told.definitions += answer.rows.length;
  told.differences += lines.length;
}
const { compared, definitions, differences, unparsed } = told;
console.log(
  `${compared + unparsed} of ${paths.length} files compile, ${unparsed} of them are not parsed by our grammar`,
);
console.log(`${definitions} definitions, ${differences} differences`);
process.exitCode = differences === 0 ? 0 : 1;
