import { describe, expect, test } from "bun:test";
import { analyse } from "../analyse.ts";
import { openGrammars } from "../grammar.ts";
import { languageOf } from "../language.ts";
import { mergeSources } from "./merge.ts";
import type { Merged } from "./merged.ts";

const grammars = await openGrammars();

function merge(path: string, base: string, left: string, right: string): Merged {
  const grammar = grammars.grammar(languageOf(grammars, path, left || right)!);
  return mergeSources(
    { grammar, summary: (text, depth) => analyse(grammars, path, text, depth) },
    { base, left, right },
  );
}

/** The text; or the keys in conflict; or why it was refused. */
function said(found: Merged): string {
  if (found.did === "merged") return found.text;
  return found.did === "refused"
    ? found.reason
    : `conflict: ${found.conflicts.map(({ key, kinds }) => `${kinds[0]} ${key}`).join(", ")}`;
}

type Row = { title: string; path: string; base: string; left: string; right: string; merged: string };

describe("what both sides did to different symbols is put together", () => {
  test.each<Row>([
    {
      ...{ title: "names of one import", path: "a.ts" },
      base: 'import { a, b } from "x";\n',
      left: 'import { a, b, c } from "x";\n',
      right: 'import { b, d } from "x";\n',
      merged: 'import { b, c, d } from "x";\n',
    },
    {
      ...{ title: "imports, added at one place", path: "a.ts" },
      base: 'import a from "a";\n\na();\n',
      left: 'import a from "a";\nimport b from "b";\n\na();\n',
      right: 'import a from "a";\nimport c from "c";\n\na();\n',
      merged: 'import a from "a";\nimport b from "b";\nimport c from "c";\n\na();\n',
    },
    {
      ...{ title: "functions, added at the end", path: "a.ts" },
      base: "function a() {}\n",
      left: "function a() {}\n\nfunction b() {}\n",
      right: "function a() {}\n\nfunction c() {}\n",
      merged: "function a() {}\n\nfunction b() {}\n\nfunction c() {}\n",
    },
    {
      ...{ title: "methods of one class", path: "a.ts" },
      base: "class A {\n  a() {}\n}\n",
      left: "class A {\n  a() {}\n\n  b() {}\n}\n",
      right: "class A {\n  a() {}\n\n  c() {}\n}\n",
      merged: "class A {\n  a() {}\n\n  b() {}\n\n  c() {}\n}\n",
    },
    {
      ...{ title: "keys of an object", path: "a.ts" },
      base: "const a = {\n  x: 1,\n};\n",
      left: "const a = {\n  x: 1,\n  y: 2,\n};\n",
      right: "const a = {\n  x: 1,\n  z: 3,\n};\n",
      merged: "const a = {\n  x: 1,\n  y: 2,\n  z: 3,\n};\n",
    },
    {
      ...{ title: "of two imports from one place, the one that is meant", path: "a.ts" },
      base: 'import {\n  a,\n  b,\n  c,\n} from "x";\n',
      left: 'import {\n  a,\n  c,\n} from "x";\n',
      right: 'import { O } from "x";\nimport {\n  a,\n  b,\n  c,\n  d,\n} from "x";\n',
      merged: 'import { O } from "x";\nimport {\n  a,\n  c,\n  d,\n} from "x";\n',
    },
    {
      ...{ title: "a name that one side no longer imports, and the other imports from elsewhere", path: "a.ts" },
      base: 'import { a, b } from "x";\n',
      left: 'import { a } from "x";\n',
      right: 'import { a, b } from "x/index";\n',
      merged: 'import { a } from "x/index";\n',
    },
    {
      ...{ title: "the same, where it is all of an import", path: "a.py" },
      base: "import os\nfrom x import name\n\n\ndef a():\n    pass\n",
      left: "import os\n\n\ndef a():\n    pass\n",
      right: "import os\nfrom y import name\n\n\ndef a():\n    pass\n",
      merged: "import os\n\n\ndef a():\n    pass\n",
    },
    {
      ...{ title: "a function that is gone, and a table that it read", path: "a.ts" },
      base: "function a() {\n  return T;\n}\nconst T = {\n  x: 1,\n};\n",
      left: "const T = {\n  x: 1,\n};\n",
      right: "function a() {\n  return T;\n}\nconst T = {\n  x: 1,\n  y: 2,\n};\n",
      merged: "const T = {\n  x: 1,\n  y: 2,\n};\n",
    },
    {
      ...{ title: "a file that both added, with different functions", path: "a.py" },
      base: "",
      left: "def a():\n    return 1\n",
      right: "def b():\n    return 2\n",
      merged: "def a():\n    return 1\ndef b():\n    return 2\n",
    },
    {
      ...{ title: "a file that both added alike", path: "a.py" },
      base: "",
      left: "def a():\n    return 1\n",
      right: "def a():\n    return 1\n",
      merged: "def a():\n    return 1\n",
    },
  ])("$title", ({ path, base, left, right, merged }) => {
    expect(said(merge(path, base, left, right))).toBe(merged);
  });
});

describe("what only a person can decide is refused, and named", () => {
  test.each<Row>([
    {
      ...{ title: "one line of one function", path: "a.ts" },
      base: "function a() {\n  return 1;\n}\n",
      left: "function a() {\n  return 2;\n}\n",
      right: "function a() {\n  return 3;\n}\n",
      merged: "conflict: same_symbol a",
    },
    {
      ...{ title: "one side changed what the other removed", path: "a.py" },
      base: "def a():\n    return 1\n\ndef b():\n    return 1\n",
      left: "def b():\n    return 1\n",
      right: "def a():\n    return 2\n\ndef b():\n    return 1\n",
      merged: "conflict: modify_delete a",
    },
    {
      ...{ title: "two functions of one name", path: "a.py" },
      base: "",
      left: "def a():\n    return 1\n",
      right: "def a():\n    return 2\n",
      merged: "conflict: duplicate_definition a",
    },
    {
      ...{ title: "one function, with two comments", path: "a.py" },
      base: "import os\n",
      left: "import os\n\n# This.\ndef a():\n    return 1\n",
      right: "import os\n\n# That.\ndef a():\n    return 1\n",
      merged: "conflict: ast_neutral a",
    },
    {
      ...{ title: "a key with two values", path: "a.ts" },
      base: "const a = {\n  x: 1,\n};\n",
      left: "const a = {\n  x: 1,\n  y: 2,\n};\n",
      right: "const a = {\n  x: 1,\n  y: 3,\n};\n",
      merged: "conflict: key_collision a",
    },
    {
      ...{ title: "a name that one side no longer imports, and the other adds to another import", path: "a.ts" },
      base: 'import { a, b } from "x";\nimport { c } from "y";\n',
      left: 'import { a } from "x";\nimport { c } from "y";\n',
      right: 'import { a } from "x";\nimport { b, c } from "y";\n',
      merged: 'it could not be proved: the import of "b" is not there as often as both sides have it',
    },
    {
      ...{ title: "a name that both sides import from different places", path: "a.py" },
      base: "import os\n",
      left: "import os\nfrom x import name\n",
      right: "import os\nfrom y import name\n",
      merged: 'it could not be proved: "name" would be imported twice',
    },
    {
      ...{ title: "a text that cannot be read", path: "a.py" },
      base: "def a(:\n",
      left: "def a():\n    return 1\n",
      right: "def b():\n    return 1\n",
      merged: `of the base text nothing is known: ")" is missing`,
    },
  ])("$title", ({ path, base, left, right, merged }) => {
    const found = merge(path, base, left, right);
    expect(said(found)).toBe(merged);
    expect(said(merge(path, base, right, left))).toBe(merged);
    if (found.did === "conflict")
      for (const { key, sentence } of found.conflicts)
        expect(sentence).toMatch(new RegExp(`^Cannot merge "${key}": .+;`));
  });
});

test("where one side changed nothing the other's text stands, with the blank lines that a removal has left", () => {
  const base = "/** One. */\nfunction a() {\n  return 1;\n}\n\n/** Two. */\nfunction b() {\n  return 2;\n}\n";
  const removed = "\n\n/** Two. */\nfunction b() {\n  return 2;\n}\n";
  expect(said(merge("a.ts", base, base, removed))).toBe(removed);
  expect(said(merge("a.ts", base, removed, base))).toBe(removed);
  expect(said(merge("a.ts", base, removed, removed))).toBe(removed);
  const edited = base.replace("2", "3");
  for (const [left, right] of [
    [removed, edited],
    [edited, removed],
  ] as const)
    expect(said(merge("a.ts", base, left, right))).toBe(removed.replace("2", "3"));
});
