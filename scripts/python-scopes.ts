// Compares the scopes that grammars/python/references.scm gives with those of CPython's own compiler (symtable), for every
// file of a folder; without one, for the standard library of the Python that runs. Prints each difference.
// Usage: bun scripts/python-scopes.ts [--python PROGRAM] [FOLDER]

import { openGrammars } from "../packages/semantic/src/grammar.ts";
import { scopeDifferences, symtables } from "../test/semantic/symtable.ts";

const args = process.argv.slice(2);
const at = args.indexOf("--python");
const python = at === -1 ? "python3" : args.splice(at, 2)[1]!;
const folder =
  args[0] ?? Bun.spawnSync([python, "-c", "import os; print(os.path.dirname(os.__file__))"]).stdout.toString().trim();

const paths = [...new Bun.Glob("**/*.py").scanSync({ cwd: folder, absolute: true })]
  .filter((path) => args[0] !== undefined || !path.includes("/site-packages/"))
  .sort();
const grammars = await openGrammars();
let compared = 0;
let scopes = 0;
let differences = 0;
for (const answer of symtables(python, paths)) {
  if ("error" in answer) continue;
  const told = scopeDifferences(grammars, answer.path, answer.rows);
  for (const line of told) console.log(line);
  compared++;
  scopes += answer.rows.length;
  differences += told.length;
}
console.log(`${compared} of ${paths.length} files compile, ${scopes} scopes, ${differences} differences`);
process.exitCode = differences === 0 ? 0 : 1;
