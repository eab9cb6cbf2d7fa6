import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { allUnits, unitsIn } from "./testing/units_in.ts";
import type { Parameter, Span, Unit } from "./unit.ts";

/** One line a unit: its kind, its key and its guards, those in it below it. */
const listed = (units: readonly Unit[], indent = ""): string[] =>
  units.flatMap(({ kind, key, guards, children }) => [
    `${indent}${kind} ${key}${guards.map((guard) => ` | ${guard}`).join("")}`,
    ...listed(children, `${indent}  `),
  ]);

const find = (units: readonly Unit[], key: string): Unit => allUnits(units).find((unit) => unit.key === key)!;

const PYTHON = readFileSync(`${import.meta.dir}/../../../test/fixtures/semantic/units/python.txt`, "utf8");
const TYPESCRIPT = readFileSync(`${import.meta.dir}/../../../test/fixtures/semantic/units/typescript.txt`, "utf8");

describe("keys and kinds", () => {
  test("Python", () => {
    expect(
      listed(unitsIn("python", PYTHON)).map((line) => line.replace(/statement [0-9a-f]{8}/, "statement *")),
    ).toEqual([
      "doc doc",
      "import from __future__",
      "import import os, sys",
      "import from .",
      "variable X",
      "variable Y, Z",
      "statement statement *",
      "statement if TYPE_CHECKING",
      "  import import decimal | if TYPE_CHECKING",
      "  import from x | if TYPE_CHECKING",
      "statement try",
      "  statement try:",
      "    import import fast | try",
      "  statement try: except ImportError as e",
      "    variable fast | try: except ImportError as e",
      "  statement try: else",
      "    statement statement * | try: else",
      'statement if __name__ == "__main__"',
      "function f.overload",
      "  function f.overload.inner",
      "function f",
      "function f#2",
      "class A",
      "  field A.x",
      "  field A.y",
      "  property A.p",
      "  property A.p.setter",
      "  method A.m",
      "  class A.Inner",
      "    field A.Inner.z",
      "function g",
      "variable h",
      "statement for i in range(3)",
      "  variable k | for i in range(3)",
      "type T",
    ]);
  });

  test("TypeScript", () => {
    expect(
      listed(unitsIn("typescript", TYPESCRIPT)).map((line) => line.replace(/statement [0-9a-f]{8}/, "statement *")),
    ).toEqual([
      "import from ./x",
      "import from z",
      "import type from t",
      "import from q",
      "export export",
      "export export all from k",
      "export export as from m",
      "export export from k3",
      "variable f, g",
      "function h",
      "variable i, l",
      "function o.overload",
      "function o",
      "  function o.inner",
      "  function o.arrow",
      "class A",
      "  field A.x",
      "  method A.y",
      "  method A.constructor",
      "  property A.p",
      "  property A.p.setter",
      "  method A.m.overload",
      "  method A.m",
      "  statement A.statement *",
      "  method A.gen",
      "  statement A.statement *",
      "  field A.#priv",
      "interface I",
      "  field I.a",
      "  method I.m",
      "  statement I.statement *",
      "  statement I.statement *",
      "enum E",
      "  member E.A",
      "  member E.B",
      "  member E.c-d",
      "namespace N.M",
      "  variable N.M.a",
      "namespace foo",
      "  function foo.f",
      "namespace global",
      "  variable global.z",
      "type X",
      "  field X.a",
      "  method X.b",
      "statement statement *",
      "function exports.q",
      "class Q",
      "  method Q.z",
      "  property Q.w",
      "export export default",
    ]);
  });

  test("a function that has no name is known by what it is exported as", () => {
    expect(listed(unitsIn("javascript", "export default () => 1;\n"))).toEqual(["function default"]);
    expect(listed(unitsIn("tsx", "export default function Page() { return <a/>; }\n"))).toEqual(["function Page"]);
  });

  test("a class that has no name is known by what it is exported as, and its members are its own", () => {
    const text = "export default class {\n  a = 1;\n  b() {}\n}\n";
    expect(listed(unitsIn("typescript", text))).toEqual(["class default", "  field default.a", "  method default.b"]);
  });

  test("what a pattern binds is named in the order of the text, with defaults, rests and patterns in it", () => {
    const text =
      "const { a: b, c, d = 1, e: { f, g: h = 2 }, i: [j], ...k } = x;\nlet [l = 1, [m], { n }, ...o] = y;\n";
    expect(listed(unitsIn("typescript", text))).toEqual(["variable b, c, d, f, h, j, k", "variable l, m, n, o"]);
  });

  test("the methods of a type without a name are no definitions of the function that has it", () => {
    const text =
      "function f() {\n  const a = { b(c: { d(): void }) {} } as { e(): void };\n  interface G { h(): void }\n}\n";
    expect(listed(unitsIn("typescript", text))).toEqual(["function f", "  interface f.G", "    method f.G.h"]);
  });

  test("of overloads without an implementation the last one has the name", () => {
    const text = "declare function f(a: string): void;\ndeclare function f(a: number): void;\n";
    expect(listed(unitsIn("typescript", text))).toEqual(["function f.overload", "function f"]);
  });

  test("a text without a definition, and one with mistakes, are statements", () => {
    expect(unitsIn("python", "")).toEqual([]);
    expect(unitsIn("python", "# nothing\n")).toEqual([]);
    expect(new Set(unitsIn("python", "def f(:\n  (((").map(({ kind }) => kind))).toEqual(new Set(["statement"]));
  });
});

describe("parts", () => {
  const text = (source: string, span: Span | null) => span && source.slice(...span);

  test("follow one another, whatever stands around them", () => {
    const { parts, gap, span } = find(unitsIn("python", PYTHON), "f.overload");
    expect(text(PYTHON, gap)).toBe("\n\n# about f\n\n");
    expect(text(PYTHON, parts.decorators)).toBe("@dec.orator(1,\n   b=2)\n@overload");
    expect(text(PYTHON, parts.header)).toBe(
      "\ndef f(a, /, b: dict[str,int], *c: str, d: int | None=3, e=(4,), **k) -> 'int':",
    );
    expect(text(PYTHON, parts.doc)).toBe('\n    """doc of f"""');
    expect(text(PYTHON, parts.body)).toBe("\n    def inner(): yield 1\n    return inner\n    # trailing");
    expect(parts.body?.[1]).toBe(span[1]);
  });

  test.each([
    ["'Says.'", true],
    ["rU'Says.'", true],
    ["'Says' u' it.' r' All.'", true],
    ["f'Says {x}.'", false],
    ["'Says' F'{x}'", false],
    ["b'Says.'", false],
    ["'Says.', 1", false],
  ])("documentation of Python is text without values: %s", (written, is) => {
    expect(find(unitsIn("python", `def f():\n    ${written}\n    return 1\n`), "f").parts.doc !== null).toBe(is);
    expect(unitsIn("python", `${written}\nx = 1\n`)[0]?.kind === "doc").toBe(is);
  });

  test("a comment behind a head belongs to it, and documentation may stand in front", () => {
    const units = unitsIn("typescript", TYPESCRIPT);
    const { parts, span } = find(units, "A");
    expect(text(TYPESCRIPT, parts.decorators)).toBe("@dec()");
    expect(text(TYPESCRIPT, parts.header)).toEndWith("implements C { // c");
    expect(text(TYPESCRIPT, [parts.body![1], span[1]])).toBe("\n}");
    expect(text(TYPESCRIPT, find(units, "A.constructor").parts.doc)).toBe("/** ctor */");
    expect(text(TYPESCRIPT, find(units, "h").span)).toBe("export const h = (a: string) => a + 1; // tr");
    expect(text(TYPESCRIPT, find(units, "i, l").parts.body)).toBe(" x");
  });
});

describe("signatures", () => {
  const short = ({ name, kind, annotation, default: value, optional }: Parameter) =>
    [kind, name, annotation, value, optional ? "optional" : "needed"].map(String).join(" ");

  test("Python", () => {
    const { signature } = find(unitsIn("python", PYTHON), "f.overload");
    expect(signature?.parameters.map(short)).toEqual([
      "placed a null null needed",
      "either b dict[str, int] null needed",
      "rest c str null needed",
      "named d int | None 3 optional",
      "named e null (4,) optional",
      "named_rest k null null needed",
    ]);
    expect(signature).toMatchObject({ returns: '"int"', is_async: false, is_generator: false });
    expect(signature?.decorators).toEqual([
      { name: "dec.orator", arguments: "1, b=2" },
      { name: "overload", arguments: null },
    ]);
    const inner = find(unitsIn("python", PYTHON), "f.overload.inner").signature;
    expect(inner).toMatchObject({ parameters: [], is_generator: true });
    expect(find(unitsIn("python", "async def f(*, a): pass\n"), "f").signature).toMatchObject({
      is_async: true,
      parameters: [{ name: "a", kind: "named", optional: false }],
    });
    expect(find(unitsIn("python", "g = lambda a, *b, c=1: a\n"), "g").signature?.parameters.map(short)).toEqual([
      "either a null null needed",
      "rest b null null needed",
      "named c null 1 optional",
    ]);
  });

  test("TypeScript and JavaScript", () => {
    const units = unitsIn("typescript", TYPESCRIPT);
    expect(find(units, "A.constructor").signature?.parameters.map(short)).toEqual([
      "placed a string null needed",
      "placed b null 2 optional",
      "rest c any[] null needed",
    ]);
    expect(find(units, "A.m.overload").signature?.parameters.map(short)).toEqual(["placed a string null optional"]);
    expect(find(units, "A.gen").signature).toMatchObject({ is_async: true, is_generator: true, returns: null });
    const script = unitsIn("javascript", "const f = async a => 1;\nfunction g({ a, b } = {}, [c], ...d) {}\n");
    expect(find(script, "f").signature).toMatchObject({ is_async: true, parameters: [{ name: "a" }] });
    expect(find(script, "g").signature?.parameters.map(short)).toEqual([
      "placed {a, b} null {} optional",
      "placed [c] null null needed",
      "rest d null null needed",
    ]);
  });
});
