import { expect, setDefaultTimeout, test } from "bun:test";
import { analyse } from "./analyse.ts";
import { openGrammars } from "./grammar.ts";

setDefaultTimeout(60_000); // a grammar is compiled when it is first used

const grammars = await openGrammars();
const TOO_DEEP = { unknown: "its symbols are nested more than 100 deep" };

test.each<[path: string, open: string, close: string]>([
  ["a.json", '{"a":', "}"],
  ["a.js", "function f() {", "}"],
  ["a.ts", "namespace A {", "}"],
  ["a.rs", "mod a {", "}"],
])("%s: definitions in one another are read to a depth, and below it the text is unknown", (path, open, close) => {
  const nested = (deep: number) => `${open.repeat(deep)}${path.endsWith("json") ? "1" : ""}${close.repeat(deep)}\n`;
  expect(analyse(grammars, path, nested(100))).toMatchObject({ faults: [] });
  expect(analyse(grammars, path, nested(101))).toEqual(TOO_DEEP);
  expect(analyse(grammars, path, nested(5_000))).toEqual(TOO_DEEP); // not so deep that it could not be parsed
});

test.each<[what: string, path: string, text: string]>([
  ["brackets", "a.py", `x = ${"(".repeat(10_000)}1${")".repeat(10_000)}\n`],
  ["a sum", "a.py", `x = ${"1 + ".repeat(10_000)}1\n`],
  ["a chain of calls", "a.py", `a${".b()".repeat(10_000)}\n`],
  ["lists", "a.json", `${"[".repeat(10_000)}1${"]".repeat(10_000)}\n`],
  ["functions without a name", "a.js", `let x = ${"a => ".repeat(10_000)}1;\n`],
  ["what else there is", "a.js", `if (a) b();\n${"else if (a) b();\n".repeat(5_000)}`],
])("%s may be nested without an end", (_, path, text) => {
  expect(analyse(grammars, path, text)).toMatchObject({ faults: [] });
});

test.each([
  ["a.rs", "const A: &[(char, char)] = &[\n", "('𐝠', '𐝧'), ", "];\n"],
  ["a.py", "", "f(𝐱, '👍')\n", ""],
  ["a.ts", "", "f(𝐱, '👍');\n", ""],
])("a character of two units is read as one wherever it stands in a long text: %s", (path, head, part, end) => {
  for (const moved of ["", " ", "  ", "   "])
    expect(analyse(grammars, path, moved.replaceAll(" ", "\n") + head + part.repeat(1_500) + end)).toMatchObject({
      faults: [],
    });
});

test.each([
  ["a.py", "import os\n\n\nclass A(os.B):\n    def f(self):\n        return os.path\n"],
  ["a.ts", "import { b } from './b';\nexport class A {\n  f(): b { return b(1); }\n}\n"],
  ["a.go", 'package a\n\nimport "os"\n\nfunc F() { os.Exit(1) }\n'],
])("the units alone are the same units, and refer to nothing: %s", (path, text) => {
  const [all, units] = [analyse(grammars, path, text), analyse(grammars, path, text, "units")];
  if ("unknown" in all || "unknown" in units) throw new Error("nothing is known");
  expect(units).toEqual({
    ...{ language: all.language, version: all.version, units: all.units, faults: [] },
    ...{ bindings: [], imports: [], exports: null, open: null, classes: [], functions: [] },
    ...{ reads: [], calls: [], sets: [], strings: [] },
  });
  expect([all.units.length, all.imports.length, all.reads.length + all.calls.length].every((count) => count > 0)).toBe(
    true,
  );
});

test("a mistake is told with the units alone, too; what no grammar reads is unknown", () => {
  expect(analyse(grammars, "a.py", "def f(:\n", "units")).toMatchObject({ faults: [{ code: "missing" }] });
  expect(analyse(grammars, "a.none", "", "units")).toEqual({ unknown: "there is no grammar for its language" });
});
