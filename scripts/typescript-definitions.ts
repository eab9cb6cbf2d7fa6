// Compares the definitions that grammars/typescript/symbols.scm gives with those of TypeScript's own compiler, for every
// file of folders: names, kinds, lines, parameters, what is exported. Prints each difference.
// Usage: bun scripts/typescript-definitions.ts FOLDER…

import { openGrammars } from "../packages/semantic/src/grammar.ts";
import { definitionsByCompiler } from "../test/semantic/compiler_definitions.ts";
import { compilerDifferences } from "../test/semantic/typescript_definitions.ts";

const FILES = "**/*.{ts,tsx,mts,cts}";

const paths = process.argv.slice(2).flatMap((cwd) => [...new Bun.Glob(FILES).scanSync({ cwd, absolute: true })]);
const grammars = await openGrammars();
const told = { definitions: 0, differences: 0, faulty: 0, unparsed: 0 };
for (const compiled of await definitionsByCompiler(paths.sort())) {
  const lines = compiled.faults > 0 ? null : compilerDifferences(grammars, compiled);
  for (const line of lines ?? []) console.log(line);
  if (compiled.faults > 0) told.faulty++;
  else if (lines === null) {
    console.log(`${compiled.path} is not parsed by our grammar`);
    told.unparsed++;
  } else told.definitions += compiled.rows.length;
  told.differences += lines?.length ?? 0;
}
const { definitions, differences, faulty, unparsed } = told;
console.log(
  `${paths.length - faulty} of ${paths.length} files compile, ${unparsed} of them are not parsed by our grammar`,
);
console.log(`${definitions} definitions, ${differences} differences`);
process.exitCode = differences === 0 ? 0 : 1;
