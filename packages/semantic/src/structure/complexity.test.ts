import { expect, test } from "bun:test";
import { analyse } from "../analyse.ts";
import { openGrammars } from "../grammar.ts";

const grammars = await openGrammars();

/** Each function: its key, cyclomatic and cognitive complexity, first line and number of lines. */
function shapes(path: string, text: string): string[] {
  const found = analyse(grammars, path, text);
  if ("unknown" in found) throw new Error(found.unknown);
  return found.functions.map(
    ({ key, cyclomatic, cognitive, line, lines }) => `${key} ${cyclomatic} ${cognitive} ${line}+${lines}`,
  );
}

test.each<[string, string, string, string[]]>([
  ["nothing to decide", "a.py", "def f():\n    return 1\n", ["f 1 0 1+2"]],
  ["no function", "a.py", "if a and b:\n    x = 1\n", []],
  [
    "what is around a function is not its own",
    "a.py",
    "if a:\n    def f():\n        if b:\n            pass\n",
    ["f 2 1 2+3"],
  ],
  [
    "a chain is as deep as its beginning",
    "a.py",
    "def f(a):\n    if a:\n        x()\n    elif b:\n        if c:\n            y()\n    else:\n        z()\n",
    ["f 4 5 1+8"],
  ],
  [
    "depth counts",
    "a.py",
    "def f(a):\n    for b in a:\n        while b:\n            if c:\n                x()\n",
    ["f 4 6 1+5"],
  ],
  [
    "a chain in a loop",
    "a.py",
    "def f(a):\n    for b in a:\n        if b:\n            x()\n        elif c:\n            y()\n",
    ["f 4 4 1+6"],
  ],
  ["loops of a kind", "a.ts", "function f(a) {\n  for (;;) for (;;) x();\n}\n", ["f 3 3 1+3"]],
  ["operands", "a.py", "def f(a):\n    return a and b and c or d\n", ["f 4 3 1+2"]],
  [
    "handlers, contexts, choices",
    "a.py",
    "def f():\n    try:\n        x = 1 if a else 2 if b else 3\n    except E:\n        pass\n    with a:\n        pass\n",
    ["f 5 4 1+7"],
  ],
  [
    "cases are ways, and one step",
    "a.py",
    "def f(a):\n    match a:\n        case 1:\n            pass\n        case _:\n            pass\n",
    ["f 3 1 1+6"],
  ],
  [
    "what is inside counts, a level deeper",
    "a.py",
    "def f():\n    def g():\n        if a:\n            pass\n    return g\n",
    ["f 2 2 1+5", "f.g 2 1 2+3"],
  ],
  [
    "methods, with their decorators above",
    "a.py",
    "class A:\n    @staticmethod\n    def m(a):\n        return a or 1\n",
    ["A.m 2 1 3+2"],
  ],
  ["what cannot be read is no function", "a.py", "def f(a):\n    if a:\n        return ((\n", []],
  [
    "else if is one step",
    "a.ts",
    "function f(a) {\n  if (a) x();\n  else if (b) y();\n  else z();\n}\n",
    ["f 3 3 1+5"],
  ],
  ["loops in loops", "a.ts", "const f = (a) => {\n  for (const b of a) for (;;) if (b) x();\n};\n", ["f 4 6 1+3"]],
  ["operators of three kinds", "a.ts", "function f(a) {\n  return (a && b) || (c ?? d);\n}\n", ["f 4 3 1+3"]],
  ["a sum is no choice", "a.ts", "function f(a) {\n  return a + b - c;\n}\n", ["f 1 0 1+3"]],
  ["choices in a row", "a.ts", "function f(a) {\n  return a ? 1 : b ? 2 : 3;\n}\n", ["f 3 2 1+3"]],
  ["a function that is given away", "a.ts", "function f(a) {\n  return a.map((b) => (b ? 1 : 2));\n}\n", ["f 2 2 1+3"]],
  ["a declaration has no body", "a.ts", "declare function f(a: string): void;\n", []],
  [
    "switch",
    "a.ts",
    "function f(a) {\n  switch (a) {\n    case 1:\n      return 2;\n    default:\n      return 3;\n  }\n}\n",
    ["f 2 1 1+8"],
  ],
  [
    "Go",
    "a.go",
    "package p\n\nfunc f(a int) int {\n\tif a > 1 && a < 3 {\n\t\treturn 1\n\t} else if a > 5 {\n\t\tfor i := range a {\n\t\t\tx(i)\n\t\t}\n\t}\n\treturn 0\n}\n",
    ["f 5 5 3+10"],
  ],
  [
    "Rust",
    "a.rs",
    "fn f(a: i32) -> i32 {\n    if a > 1 {\n        1\n    } else if a > 0 {\n        match a { 1 => 2, _ => 3 }\n    } else {\n        loop {}\n    }\n}\n",
    ["f 6 7 1+9"],
  ],
  ["data has none", "a.json", '{"a": 1}', []],
])("%s (%s)", (_name, path, text, expected) => {
  expect(shapes(path, text)).toEqual(expected);
});

test("a function is known again by what it says, whatever it is called", () => {
  const digests = (text: string) => {
    const found = analyse(grammars, "a.py", text);
    return "unknown" in found ? [] : found.functions.map(({ digest }) => digest);
  };
  const body = "(a):\n    return a or 1\n";
  expect(digests(`def f${body}`)).toEqual(digests(`# moved\n\n\ndef g${body}`));
  expect(digests(`def f${body}`)).not.toEqual(digests("def f(a):\n    return a or 2\n"));
});
