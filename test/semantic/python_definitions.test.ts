import { expect, test } from "bun:test";
import { openGrammars } from "../../packages/semantic/src/grammar.ts";
import { definitionDifferences, definitionsBy } from "./definitions.ts";

const python = Bun.which("python3");
const grammars = await openGrammars();

/** Files of the standard library with all kinds of definitions; scripts/python-definitions.ts compares the whole of it. */
const SAMPLE = ["asyncio/tasks", "contextlib", "dataclasses", "enum", "functools", "inspect", "tokenize", "typing"];

test.skipIf(python === null)(
  "functions and classes are those that CPython's ast has, with their lines, decorators and parameters",
  () => {
    const where = Bun.spawnSync([python!, "-c", "import os; print(os.path.dirname(os.__file__))"])
      .stdout.toString()
      .trim();
    const answers = definitionsBy(
      python!,
      SAMPLE.map((name) => `${where}/${name}.py`),
    );
    const compiled = answers.flatMap((answer) => ("rows" in answer ? [answer] : []));
    expect(
      compiled.flatMap(({ path, rows }) => definitionDifferences(grammars, path, rows) ?? `${path} is not parsed`),
    ).toEqual([]);
    expect(compiled.flatMap(({ rows }) => rows).length).toBeGreaterThan(500);
  },
  60_000,
);
