import { describe, expect, test } from "bun:test";
import { allUnits, unitsIn } from "../testing/units_in.ts";

const syntaxes = (language: string, text: string): string[] =>
  allUnits(unitsIn(language, text)).map(({ hashes }) => hashes.syntax);

describe("what means nothing leaves the hash as it is", () => {
  test.each<[what: string, language: string, one: string, other: string]>([
    ["blanks", "python", "def f(a,b):\n  return a+b\n", "def f(a, b):\n\n    return a + b\n"],
    [
      "line ends",
      "python",
      'def f():\n    """a\n    b"""\n    return 1\n',
      'def f():\r\n    """a\r\n    b"""\r\n    return 1\r\n',
    ],
    ["comments", "python", "def f():\n    return 1\n", "def f():  # a\n    # b\n    return 1  # c\n    # d\n"],
    ["documentation", "python", "def f():\n    return 1\n", 'def f():\n    """Says."""\n    return 1\n'],
    ["a last comma", "python", "f(a, b)\nx = [1, 2]\n", "f(\n    a,\n    b,\n)\nx = [1, 2,]\n"],
    ["quotes", "python", `x = 'a"b' + 'c'\n`, `x = "a\\"b" + "c"\n`],
    ["the case of a prefix", "python", "x = Rb'a', U'b', F'{c}'\n", 'x = bR"a", "b", f"{c}"\n'],
    ["triple quotes", "python", "x = 'a'\n", 'x = """a"""\n'],
    ["parentheses", "python", "x = a + b\nif (y): z()\nreturn_(w)\n", "x = (a + (b))\nif y: z()\nreturn_((w))\n"],
    ["parentheses of a tuple", "python", "def f():\n    return 1, 2\n", "def f():\n    return (1, 2)\n"],
    ["parentheses of a class", "python", "class A: pass\n", "class A(): pass\n"],
    ["parentheses of imports", "python", "from a import b, c\n", "from a import (\n    b,\n    c,\n)\n"],
    ["continuations", "python", "x = a + b\nassert x, y\n", "x = a \\\n    + b\nassert x, \\\n    y\n"],
    ["numbers", "python", "x = 0XFF, 1_000, 1E5, .5, 1., 2J\n", "x = 0xff, 1000, 1e5, 0.5, 1.0, 2j\n"],
    ["semicolons", "python", "def f():\n    a(); b()\n", "def f():\n    a()\n    b();\n"],
    ["blanks in an operator", "python", "x = a not in b, c is not d\n", "x = a not   in b, c is  not d\n"],
    ["quotes", "typescript", `const x = 'a"b';\n`, `const x = "a\\"b"\n`],
    ["semicolons", "typescript", "a();\nclass B { x = 1; m() {}; }\n", "a()\nclass B {\n  x = 1\n  m() {}\n}\n"],
    [
      "commas of types",
      "typescript",
      "interface I { a: string, b: number }\n",
      "interface I {\n  a: string;\n  b: number\n}\n",
    ],
    [
      "a last comma",
      "typescript",
      "f(a, b);\nenum E { A, B }\nlet t: [A, B];\n",
      "f(\n  a,\n  b,\n);\nenum E { A, B, }\nlet t: [A, B,];\n",
    ],
    [
      "parentheses",
      "typescript",
      "const x = a + b * c;\nlet y: A | B;\n",
      "const x = (a + (b * c));\nlet y: (A | B);\n",
    ],
    ["comments", "tsx", "/** a */\nconst x = <b>c</b>;\n", "// d\nconst x = /* e */ <b>c</b>; // f\n"],
    [
      "line ends",
      "javascript",
      "const x = `a\nb`;\nfunction f() {\n}\n",
      "const x = `a\r\nb`;\r\nfunction f() {\r\n}\r\n",
    ],
  ])("%s (%s)", (_, language, one, other) => {
    expect(syntaxes(language, other)).toEqual(syntaxes(language, one));
  });
});

describe("what means something changes it", () => {
  test.each<[what: string, language: string, one: string, other: string]>([
    ["a comma that makes a tuple", "python", "x = (1)\n", "x = (1,)\n"],
    ["a comma in a subscript", "python", "x = a[1]\n", "x = a[1,]\n"],
    ["a list in a call", "python", "f(1, 2)\n", "f((1, 2))\n"],
    ["what binds to what", "python", "x = a + b * c\n", "x = (a + b) * c\n"],
    ["comparisons in a chain", "python", "x = a < b < c\n", "x = (a < b) < c\n"],
    ["an indentation", "python", "if a:\n    b()\nc()\n", "if a:\n    b()\n    c()\n"],
    ["a prefix", "python", "x = 'a'\n", "x = b'a'\n"],
    ["a raw string", "python", "x = r'a\\'b'\n", 'x = r"a\'b"\n'],
    ["an escape", "python", "x = 'a\\n'\n", "x = 'an'\n"],
    ["blanks in a string", "python", "x = 'a b'\n", "x = 'a  b'\n"],
    ["blanks in a format", "python", "x = f'{a:>3}'\n", "x = f'{a:> 3}'\n"],
    ["what is in a format", "python", "x = f'{a!r}'\n", "x = f'{a!s}'\n"],
    ["a number", "python", "x = 1.50\n", "x = 1.05\n"],
    ["an integer that is a float", "python", "x = 1\n", "x = 1.0\n"],
    ["an operator", "python", "x = a is b\n", "x = a is not b\n"],
    ["a star", "python", "def f(a, *, b): pass\n", "def f(a, b): pass\n"],
    ["async", "python", "def f(): pass\n", "async def f(): pass\n"],
    ["the order of statements", "python", "def f():\n    a()\n    b()\n", "def f():\n    b()\n    a()\n"],
    ["a body", "python", "def f():\n    a()\n", "def f():\n    a\n"],
    ["a hole", "javascript", "x = [a, b]\n", "x = [a, , b]\n"],
    ["a hole at the end", "javascript", "x = [a,]\n", "x = [a,,]\n"],
    ["where an optional chain ends", "javascript", "x = a?.b.c\n", "x = (a?.b).c\n"],
    ["a sequence", "javascript", "f(a, b)\n", "f((a, b))\n"],
    ["the parts of a loop", "javascript", "for (;a;) b()\n", "for (;;a) b()\n"],
    ["an empty body", "javascript", "while (a);\nb()\n", "while (a)\nb()\n"],
    ["a template", "javascript", "x = `a b`\n", "x = `a  b`\n"],
    ["const", "typescript", "const a = 1\n", "let a = 1\n"],
    ["a mark", "typescript", "interface I { a: string }\n", "interface I { a?: string }\n"],
    ["text", "tsx", "x = <a>b c</a>\n", "x = <a>b d</a>\n"],
    ["a tag", "tsx", "x = <a>b</a>\n", "x = <i>b</i>\n"],
    ["a type", "typescript", "let x: A[] | B\n", "let x: (A | B)[]\n"],
    ["an import of types", "typescript", "import { a } from './a'\n", "import type { a } from './a'\n"],
  ])("%s (%s)", (_, language, one, other) => {
    expect(syntaxes(language, other)).not.toEqual(syntaxes(language, one));
  });
});

describe("the other hashes", () => {
  const only = (language: string, text: string) => unitsIn(language, text)[0]!.hashes;

  test("without its name a unit is the same under another one, in whatever place", () => {
    const f = only("python", "def f(n):\n    return f(n - 1)\n");
    const g = unitsIn(
      "python",
      "import os\n\n\nclass A:\n    @x\n    def g(n):\n        return g(n - 1)\n    def g(n):\n        return g(n - 1)\n",
    );
    const inner = g[1]!.children[1]!.hashes;
    expect(inner.nameless).toBe(f.nameless);
    expect(inner.tokens).toBe(f.tokens);
    expect(inner.syntax).not.toBe(f.syntax);
    expect(inner.header).not.toBe(f.header);
    expect(g[1]!.children[0]!.hashes.nameless).not.toBe(f.nameless);
    expect(only("python", "def f(n):\n    return g(n - 1)\n").nameless).not.toBe(f.nameless);
  });

  test("a part is the same whatever the others are", () => {
    const plain = only("python", "def f(a):\n    return a\n");
    const adorned = only("python", '@x\ndef f(a):\n    """Says."""\n    return a\n');
    expect({ ...adorned, ...pick(plain) }).toEqual(adorned);
    expect(adorned.doc).not.toBe(plain.doc);
    expect(adorned.decorators).not.toBe(plain.decorators);
    const script = only("typescript", "/** Says. */\nfunction f(a) { return a }\n");
    const bare = only("typescript", "function f(a) {\n  return a;\n}\n");
    expect({ ...script, ...pick(bare) }).toEqual(script);
    expect(script.doc).not.toBe(bare.doc);
    expect(script.syntax).toBe(bare.syntax);
  });

  const pick = ({ header, body }: { header: string; body: string }) => ({ header, body });

  test("the first, the last and the only member of a class are hashed alike", () => {
    const method = "    def m(self):\n        return self.a\n";
    const other = "    x = 1\n";
    const all = [`class A:\n${method}`, `class A:\n${method}${other}`, `class A:\n${other}${method}`].map(
      (text) => allUnits(unitsIn("python", text)).find(({ name }) => name === "m")!.hashes,
    );
    expect(all[1]).toEqual(all[0]!);
    expect(all[2]).toEqual(all[0]!);
  });

  test("the text counts comments in front and layout, and no blank lines around", () => {
    const [one, other] = ["import os\n\n\n# a\ndef f(): pass\n", "import os\n\n# a\n\ndef f(): pass\n"].map(
      (text) => unitsIn("python", text)[1]!.hashes.text,
    );
    expect(other).toBe(one!);
    expect(unitsIn("python", "import os\n# b\ndef f(): pass\n")[1]!.hashes.text).not.toBe(one);
    expect(unitsIn("python", "import os\n# a\ndef f():  pass\n")[1]!.hashes.text).not.toBe(one);
  });
});
