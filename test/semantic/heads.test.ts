import { expect, setDefaultTimeout, test } from "bun:test";
import { openGrammars } from "../../packages/semantic/src/grammar.ts";
import { analyse, analyseHeads } from "../../packages/semantic/src/index.ts";
import { headsOf } from "../../packages/semantic/src/units/heads.ts";
import { samplesIn } from "./tree_samples.ts";

setDefaultTimeout(120_000);

const grammars = await openGrammars();
/** The path says the language. */
const pathIn = (name: string) => `a.${grammars.files(name).endings[0]}`;

/** Languages whose units have names of their own: of data what stands around a key is its path. */
const CODE = ["go", "javascript", "python", "rust", "tsx", "typescript"];

test.each(grammars.names)("what stands at the top of a text is what its units say: %s", (name) => {
  const path = pathIn(name);
  const texts = samplesIn(grammars, name).flatMap(({ text }) => [text, text.slice(0, text.length * 0.6)]);
  let alone = 0;
  for (const text of texts) {
    const [said, whole] = [analyseHeads(grammars, path, text), analyse(grammars, path, text, "units")];
    const heads = "unknown" in whole ? null : headsOf(whole);
    expect(said).toEqual(heads ?? whole); // where that is not enough it says all
    alone += heads === null ? 0 : 1;
  }
  expect(alone > texts.length / 4).toBe(CODE.includes(name));
});

test.each<[what: string, path: string, text: string, known: boolean]>([
  ["blocks", "a.py", "if A:\n    def f(): pass\nelse:\n    class B:\n        def g(self): pass\n", true],
  ["what is exported", "a.ts", "export default class { f() {} }\nexport const a = () => { b(); };\n", true],
  ["implementations", "a.rs", "impl A { fn f() { g(); } }\nimpl B { fn f() {} }\n", true],
  [
    "methods beside their types",
    "a.go",
    "package a\n\nfunc (t *T) F() { g() }\n\ntype (\n\tT struct{ a int }\n)\n",
    true,
  ],
  ["calls that are given bodies", "a.test.ts", 'test("a", () => { f(); });\ntest("a", () => { g(); });\n', true],
  ["the same call twice", "a.test.ts", 'test("a", () => { f(); });\ntest("a", () => { f(  ); });\n', false],
  ["a body of what has no name", "a.ts", "if (a) { b(); }\nif (a) { c(); }\n", true],
  ["the same body twice of what has no name", "a.ts", "if (a) { b(); }\nif (a) { b(  ); }\n", false],
  ["one name in two branches", "a.py", "if A:\n    def f(): pass\nelse:\n    def f(): pass\n", false],
  ["overloads", "a.ts", "function f(): void;\nfunction f() {}\n", false],
  ["a mistake", "a.py", "def f(:\n", false],
  ["a mistake in a body", "a.ts", "function f() { if ( }\nfunction g() {}\n", false],
  ["keys", "a.json", '{"a": 1}', false],
])("%s", (_, path, text, known) => {
  const [said, whole] = [analyseHeads(grammars, path, text), analyse(grammars, path, text, "units")];
  if ("unknown" in whole) throw new Error(whole.unknown);
  expect(said).toEqual(headsOf(whole) ?? whole);
  expect("heads" in said).toBe(known);
});

test("where nothing is known of a text, nothing is said of its top", () => {
  expect(analyseHeads(grammars, "a.none", "")).toEqual({ unknown: "there is no grammar for its language" });
});
