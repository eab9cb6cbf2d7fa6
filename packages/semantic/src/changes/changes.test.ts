import { describe, expect, test } from "bun:test";
import { type Texts, treeOf } from "../testing/texts.ts";
import { changesBetween } from "./changes.ts";

/** What became of the units, one line each: `renamed lib.py::f -> g (body)`. */
async function told(base: Texts, candidate: Texts, renamed: Readonly<Record<string, string>> = {}): Promise<string[]> {
  const news = Object.values(renamed);
  const paths = [...new Set([...Object.keys(base), ...Object.keys(candidate)])].filter((path) => !news.includes(path));
  const files = paths
    .map((path) => ({ from: path in base ? path : null, to: renamed[path] ?? (path in candidate ? path : null) }))
    .filter(({ from, to }) => from !== to || base[from!] !== candidate[to!]);
  const { changes, unknown } = changesBetween(await treeOf(base), await treeOf(candidate), files);
  return [
    ...changes.map(({ did, from, to, edited }) => {
      const where = [from, to].map((place) => place && `${place.path}::${place.key}`);
      const at = where[0] === where[1] ? where[0] : where.filter((one) => one !== null).join(" -> ");
      return `${did} ${at}${edited.length > 0 ? ` (${edited.join(", ")})` : ""}`;
    }),
    ...unknown.map(({ path, why }) => `unknown ${path}: ${why}`),
  ];
}

const BODY = "    total = 0\n    for x in xs:\n        total += x\n    return total\n";
const F = `def f(xs):\n    """Adds."""\n${BODY}`;
const CLASS =
  "class A:\n    K = 1\n\n    def m(self, a):\n        return a + self.K\n\n    def n(self):\n        return 2\n";

describe("what became of a unit", () => {
  test.each<[what: string, base: string, candidate: string, told: string[]]>([
    ["nothing", F, F, []],
    ["moved lines are nothing", `import os\n\n${F}\n${CLASS}`, `${CLASS}\n\n${F}\n\nimport os\n`, []],
    ["added", F, `${F}\n\ndef g():\n    pass\n`, ["added m.py::g"]],
    ["removed", `${F}\nX = 1\n`, F, ["removed m.py::X"]],
    ["a body", F, F.replace("total += x", "total -= x"), ["edited m.py::f (body)"]],
    ["a signature", F, F.replace("(xs)", "(xs, y=0)"), ["edited m.py::f (signature)"]],
    ["words", F, F.replace("Adds.", "Sums."), ["edited m.py::f (doc)"]],
    ["a decorator", F, `@cache\n${F}`, ["edited m.py::f (decorators)"]],
    ["layout", F, F.replace("total += x", "total  +=  x"), ["edited m.py::f (trivia)"]],
    ["a comment in front", F, `# adds\n${F}`, ["edited m.py::f (trivia)"]],
    ["several parts", F, F.replace("(xs)", "(ys)").replace("in xs", "in ys"), ["edited m.py::f (signature, body)"]],
    ["renamed", F, F.replace("f(", "g("), ["renamed m.py::f -> m.py::g"]],
    [
      "renamed, and its words",
      F,
      F.replace("f(", "g(").replace("Adds.", "Sums."),
      ["renamed m.py::f -> m.py::g (doc)"],
    ],
    [
      "a recursive one renamed",
      "def f(n):\n    return f(n - 1) + f(n - 2)\n",
      "def g(n):\n    return g(n - 1) + g(n - 2)\n",
      ["renamed m.py::f -> m.py::g"],
    ],
    [
      "too short to be known again",
      "def f():\n    pass\n",
      "def g():\n    pass\n",
      ["added m.py::g", "removed m.py::f"],
    ],
    [
      "one of two that are alike",
      `${F}\n${F.replace("f(", "g(")}`,
      F.replace("f(", "h("),
      ["added m.py::h", "removed m.py::f", "removed m.py::g"],
    ],
    ["renamed and edited", F, F.replace("f(", "g(").replace("+=", "-="), ["added m.py::g", "removed m.py::f"]],
    ["a member", CLASS, CLASS.replace("return 2", "return 3"), ["edited m.py::A.n (body)"]],
    ["a member added", CLASS, `${CLASS}\n    def o(self): pass\n`, ["added m.py::A.o"]],
    ["a base", CLASS, CLASS.replace("A:", "A(B):"), ["edited m.py::A (signature)"]],
    ["a class renamed", CLASS, CLASS.replace("class A", "class B"), ["renamed m.py::A -> m.py::B"]],
    ["a member renamed", CLASS, CLASS.replace("def m", "def k"), ["renamed m.py::A.m -> m.py::A.k"]],
    ["a class removed", CLASS, "X = 1\n", ["added m.py::X", "removed m.py::A"]],
    [
      "out of a class",
      CLASS,
      "class A:\n    K = 1\n\n    def n(self):\n        return 2\n\ndef m(self, a):\n    return a + self.K\n",
      ["moved m.py::A.m -> m.py::m"],
    ],
    [
      "under a condition",
      "import decimal\n",
      "if TYPE_CHECKING:\n    import decimal\n",
      ["moved m.py::import decimal"],
    ],
    [
      "in a block",
      "try:\n    A = 1\nexcept E:\n    A = 2\n",
      "try:\n    A = 1\nexcept E:\n    A = 3\n",
      ["edited m.py::A#2 (body)"],
    ],
    ["the head of a block", "with a:\n    X = 1\n", "with b:\n    X = 1\n", ["moved m.py::X"]],
    ["names of an import", "from a import b\n", "from a import b, c\n", ["edited m.py::from a (body)"]],
    [
      "a duplicate",
      "def _(x):\n    return 1\n\ndef _(x):\n    return 2\n",
      "def _(x):\n    return 2\n",
      ["removed m.py::_"],
    ],
    [
      "a nested function",
      "def f():\n    def g():\n        return 1\n    return g\n",
      "def f():\n    def g():\n        return 2\n    return g\n",
      ["edited m.py::f.g (body)"],
    ],
    [
      "around a nested function",
      "def f():\n    def g():\n        return 1\n    return g\n",
      "def f():\n    def g():\n        return 1\n    return g()\n",
      ["edited m.py::f (body)"],
    ],
    [
      "a setter",
      "class A:\n    @property\n    def x(self): return 1\n",
      "class A:\n    @property\n    def x(self): return 1\n    @x.setter\n    def x(self, v): pass\n",
      ["added m.py::A.x.setter"],
    ],
    ["a statement", "run(1)\n", "run(2)\n", ["added", "removed"]],
  ])("%s", async (_, base, candidate, expected) => {
    const found = await told({ "m.py": base }, { "m.py": candidate });
    if (expected[0] === "added") expect(found.map((line) => line.split(" ")[0]!).sort()).toEqual(expected);
    else expect(found.sort()).toEqual(expected);
  });

  test("in another file", async () => {
    expect(
      await told({ "a.py": `X = 1\n${F}`, "b.py": "Y = 1\n" }, { "a.py": "X = 1\n", "b.py": `Y = 1\n${F}` }),
    ).toEqual(["moved a.py::f -> b.py::f"]);
    expect(await told({ "a.py": CLASS }, { "b.py": CLASS })).toEqual(["moved a.py::A -> b.py::A"]);
    expect(await told({ "a.py": F }, { "a.py": "", "b.py": F, "c.py": F })).toEqual([
      "removed a.py::f",
      "added b.py::f",
      "added c.py::f",
    ]);
  });

  test("in a file that has another name", async () => {
    expect(
      await told(
        { "a.py": `${F}\n${CLASS}` },
        { "b.py": `${F}\n${CLASS.replace("return 2", "return 3")}` },
        { "a.py": "b.py" },
      ),
    ).toEqual(["moved a.py::f -> b.py::f", "moved a.py::A -> b.py::A", "edited a.py::A.n -> b.py::A.n (body)"]);
  });

  test("in TypeScript", async () => {
    const base =
      "/** Adds. */\nexport function f(a: number): number {\n  return a + 1;\n}\nexport interface I {\n  a: string;\n}\n";
    const edit = (from: string, to: string) => told({ "m.ts": base }, { "m.ts": base.replace(from, to) });
    expect(await edit("a + 1", "a + 2")).toEqual(["edited m.ts::f (body)"]);
    expect(await edit("Adds", "Sums")).toEqual(["edited m.ts::f (doc)"]);
    expect(await edit("a: string", "a?: string")).toEqual(["edited m.ts::I.a (signature)"]);
    expect(await edit("function f(", "function g(")).toEqual(["renamed m.ts::f -> m.ts::g"]);
    expect(await edit("export interface", "interface")).toEqual(["edited m.ts::I (signature)"]);
    expect(await edit("return a + 1;", "return (a + 1)")).toEqual(["edited m.ts::f (trivia)"]);
  });

  test("what cannot be read is unknown, with the reason", async () => {
    expect(await told({ "a.py": "X = 1\n", "b.txt": "a" }, { "a.py": "X = (\n", "b.txt": "b" })).toEqual([
      "unknown a.py: it does not parse",
      "unknown b.txt: there is no grammar for its language",
    ]);
  });

  test("places are lines, and evidence is words", async () => {
    const { changes } = changesBetween(
      await treeOf({ "m.py": F }),
      await treeOf({ "m.py": `\n${F.replace("f(", "g(")}` }),
      [{ from: "m.py", to: "m.py" }],
    );
    expect(changes).toEqual([
      {
        did: "renamed",
        kind: "function",
        from: { path: "m.py", key: "f", lines: [1, 6] },
        to: { path: "m.py", key: "g", lines: [2, 7] },
        edited: [],
        evidence: "it says the same under another name",
      },
    ]);
  });
});

test("what is asked again has the same answer, and the same contents in other places have another", async () => {
  const [from, to] = [await treeOf({ "a.py": F }), await treeOf({ "a.py": F.replace("0", "1") })];
  const elsewhere: typeof to = { ...to, file: () => to.file("a.py") };
  const between = (path: string, view: typeof to) =>
    changesBetween(from, view, [{ from: "a.py", to: path }]).changes.map(({ did, to: place }) => [did, place?.path]);
  expect(between("a.py", to)).toEqual([["edited", "a.py"]]);
  expect(between("b.py", elsewhere)).toEqual([["moved", "b.py"]]);
  expect(between("a.py", to)).toEqual([["edited", "a.py"]]);
});
