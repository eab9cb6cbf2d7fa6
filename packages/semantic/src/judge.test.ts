import { expect, setDefaultTimeout, test } from "bun:test";
import type { Merge } from "./check/trees.ts";
import { openGrammars } from "./grammar.ts";
import { judge } from "./judge.ts";
import { judgeIn, judgeTexts, rulesOf, treeOf } from "./testing/texts.ts";

setDefaultTimeout(60_000); // a grammar is compiled when it is first used

const calls = Array.from({ length: 200 }, (_, n) => `print(lib.f${n}())\n`).join("");
const functions = Array.from({ length: 200 }, (_, n) => `def f${n}():\n    pass\n`).join("");

/** The sides define `same` twice in one file, and one takes away what the other calls in another. */
const BROKEN = {
  base: { "a.py": "x = 1\n", "lib.py": functions, "app.py": "import lib\n" },
  left: { "a.py": "def same(): pass\nx = 1\n", "lib.py": "y = 1\n" },
  right: { "a.py": "x = 1\ndef same(): return 1\n", "app.py": `import lib\n${calls}` },
  merged: { "a.py": "def same(): pass\nx = 1\ndef same(): return 1\n" },
};

test("what takes more steps than it may is unknown, with the reason, and what was found until then is told", async () => {
  const grammars = await openGrammars();
  const whole = await judgeIn(grammars, BROKEN);
  expect(whole.unchecked).toEqual([]);
  expect(whole.findings.length).toBeGreaterThan(1);
  const cut = await judgeIn(grammars, BROKEN, 1_000);
  expect(cut).toEqual(await judgeIn(grammars, BROKEN, 1_000));
  expect(cut.verdict).toBe("block");
  expect(cut.findings.map(({ kind, subjects }) => `${kind} ${subjects.join()}`)).toEqual([
    "duplicate_definition a.py::same",
  ]);
  const why = "to judge it takes more than 1000 steps";
  expect(cut.unchecked).toEqual(["a.py", "app.py", "lib.py"].map((path) => ({ path, why })));
  const blind = await judgeIn(grammars, BROKEN, 1);
  expect(blind).toEqual({
    verdict: "merge",
    findings: [],
    unchecked: ["a.py", "app.py", "lib.py"].map((path) => ({ path, why: why.replace("1000", "1") })),
  });
});

test("a class whose bases have thousands of bases each ends, and a class with ordinary bases is judged", async () => {
  const bases = (n: number) => [1, 2, 3, 4, 5, 6].map((k) => `C${n - k}`).join(", ");
  const deep = Array.from({ length: 1_500 }, (_, n) => `class C${n}${n < 6 ? "" : `(${bases(n)})`}:\n    pass\n`).join(
    "",
  );
  const trees = {
    base: { "a.py": deep },
    left: { "a.py": `${deep}x = 1\n` },
    right: { "b.py": "import a\nprint(a.C9)\n" },
  };
  const { verdict, unchecked } = await judgeTexts(trees.base, trees.left, trees.right);
  expect({ verdict, unchecked }).toEqual({
    verdict: "merge",
    unchecked: ["a.py", "b.py"].map((path) => ({ path, why: "to judge it takes more than 3000000 steps" })),
  });
  const flat = Array.from(
    { length: 2_500 },
    (_, n) => `class C${n}${n < 8 ? "" : `(${bases((n % 2) + 7)})`}:\n    pass\n`,
  ).join("");
  const judged = await judgeTexts({ "a.py": flat }, { "a.py": `${flat}x = 1\n` }, trees.right);
  expect(judged.unchecked).toEqual([]);
});

test("a hierarchy is seen as far as it is kept, from whichever class it is asked", async () => {
  const chain = (many: number) =>
    Array.from(
      { length: many },
      (_, n) => `class C${n}${n === 0 ? "" : `(C${n - 1})`}:\n    def m${n}(self): pass\n`,
    ).join("");
  const gone = chain(20).replace("def m0", "def n0");
  const used = { "b.py": "from a import C19, C9\nprint(C19.m0, C9.m0)\n" };
  const { findings } = await judgeTexts({ "a.py": chain(20) }, { "a.py": gone }, used);
  expect(findings.map(({ kind, subjects }) => `${kind} ${subjects[0]}`)).toContain("removed_referenced a.py::C0.m0");
  const far = await judgeTexts(
    { "a.py": chain(40) },
    { "a.py": chain(40).replace("def m0", "def n0") },
    { "b.py": "from a import C39\nprint(C39.m0)\n" },
  );
  expect(far.findings.filter(({ verdict }) => verdict === "block")).toEqual([]);
});

test("files of no language cost the same however many others there are", async () => {
  const rules = await rulesOf();
  const questions = async (count: number): Promise<number> => {
    const named = (of: string, text: string) =>
      Object.fromEntries(Array.from({ length: count }, (_, n) => [of.replace("0", `${n}`), text]));
    const [code, plain] = [(text: string) => named("m0.py", text), (text: string) => named("t0.txt", text)];
    const [old, young] = ["x = 1\n", "x = 2\n"];
    const trees = {
      base: await treeOf({ ...code(old), ...plain(old) }),
      left: await treeOf({ ...code(young), ...plain(old) }),
      right: await treeOf({ ...code(old), ...plain(young) }),
      merged: await treeOf({ ...code(young), ...plain(young) }),
    };
    const same = (path: string) => ({ from: path, to: path });
    const changes = { left: Object.keys(code("")).map(same), right: Object.keys(plain("")).map(same) };
    const merge: Merge = { changes, conflicts: [], by_symbols: new Map(), called: { left: "left", right: "right" } };
    let asked = 0;
    const counted: typeof rules = (language) => {
      asked += 1;
      return rules(language);
    };
    expect(judge(trees, merge, counted).findings).toEqual([]);
    return asked;
  };
  const [some, more] = [await questions(20), await questions(40)];
  expect(some).toBeGreaterThan(20);
  expect(more).toBeLessThan(some * 2.2);
});
