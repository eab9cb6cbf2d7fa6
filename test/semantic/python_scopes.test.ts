import { expect, test } from "bun:test";
import { openGrammars } from "../../packages/semantic/src/grammar.ts";
import { scopeDifferences, symtables } from "./symtable.ts";

const python = Bun.which("python3");
const grammars = await openGrammars();

/** Files of the standard library that bind names in all ways; scripts/python-scopes.ts compares the whole of it. */
const SAMPLE = [
  "argparse",
  "ast",
  "dataclasses",
  "enum",
  "functools",
  "inspect",
  "logging/__init__",
  "typing",
  "zipfile",
];

test.skipIf(python === null)(
  "every scope of Python has the names that CPython's compiler gives it",
  () => {
    const where = Bun.spawnSync([python!, "-c", "import os; print(os.path.dirname(os.__file__))"])
      .stdout.toString()
      .trim();
    const answers = symtables(python!, [
      ...SAMPLE.map((name) => `${where}/${name}.py`),
      `${import.meta.dir}/scopes.py`,
    ]);
    const compiled = answers.flatMap((answer) => ("rows" in answer ? [answer] : []));
    expect(compiled.at(-1)?.path).toEndWith("/scopes.py");
    expect(compiled.flatMap(({ path, rows }) => scopeDifferences(grammars, path, rows))).toEqual([]);
    expect(compiled.flatMap(({ rows }) => rows).length).toBeGreaterThan(500);
  },
  60_000,
);
