import { expect, setDefaultTimeout, test } from "bun:test";
import { analyse } from "../analyse.ts";
import { openGrammars } from "../grammar.ts";
import { languageOf } from "../language.ts";
import { mergeSources } from "./merge.ts";

setDefaultTimeout(60_000); // what is compared with all others takes minutes here; on an idle machine none takes 5 s

const grammars = await openGrammars();
const lines = (many: number, line: (n: number) => string) => Array.from({ length: many }, (_, n) => line(n)).join("");

function merge(path: string, base: string, left: string, right: string) {
  const grammar = grammars.grammar(languageOf(grammars, path, base)!);
  const found = mergeSources(
    { grammar, summary: (text, depth) => analyse(grammars, path, text, depth) },
    { base, left, right },
  );
  return found.did === "merged" ? found.text : found.did;
}

/** Whether it is the text that is wanted; else how it begins: nobody reads the rest. */
const like = (found: string, wanted: string) => found === wanted || found.slice(0, 200);

test.each<[what: string, path: string, of: (left: string, right: string) => string]>([
  [
    "keys of one object",
    "a.json",
    (l, r) => `{\n${lines(10_000, (n) => `  "k${n}": ${n % 2 ? l : r},\n`)}  "z": 1\n}\n`,
  ],
  [
    "names of one import",
    "a.py",
    (l, r) => `from lib import (\n    l${l},\n${lines(10_000, (n) => `    n${n},\n`)}    r${r},\n)\n`,
  ],
  [
    "entries of one table",
    "a.py",
    (l, r) => `T = {\n    "l": ${l},\n${lines(10_000, (n) => `    "k${n}": ${n},\n`)}    "r": ${r},\n}\n`,
  ],
  [
    "types of one union",
    "a.ts",
    (l, r) => `type T =\n  | "l${l}"\n${lines(5_000, (n) => `  | "k${n}"\n`)}  | "r${r}";\n`,
  ],
  ["calls in one chain", "a.py", (l, r) => `def f():\n    x = ${l}\n    a${".b()".repeat(5_000)}\n    y = ${r}\n`],
])("what both sides changed in many %s is merged", (_, path, of) => {
  expect(like(merge(path, of("1", "1"), of("2", "1"), of("1", "2")), of("2", "2"))).toBe(true);
});

test("what both sides added, each thousands of variables or statements, is merged or refused, and never hangs", () => {
  const variables = (side: string) => `x = 1\n${lines(4_000, (n) => `${side}${n} = ${n}\n`)}`;
  const both = `${variables("l")}${variables("r").slice("x = 1\n".length)}`;
  expect(like(merge("a.py", "x = 1\n", variables("l"), variables("r")), both)).toBe(true);
  const named = (side: string) => `x = 1\n${lines(4_000, (n) => `${side}${n} = ${side === "l" ? "r" : "l"}${n}\n`)}`;
  expect(merge("a.py", "x = 1\n", named("l"), named("r"))).toBe("conflict");
  const statements = (word: string) => lines(2_000, (n) => `print(${word}${n}, ${n})\n`);
  expect(merge("a.py", statements("a"), statements("b"), statements("c"))).toBe("conflict");
});

test("thousands of functions that one side took away are gone", () => {
  const methods = lines(15_000, (n) => `def f${n}():\n    pass\n`);
  const kept = merge("a.py", `x = 1\n${methods}y = 1\n`, "x = 1\ny = 1\n", `x = 1\n${methods}y = 2\n`);
  expect(like(kept, "x = 1\ny = 2\n")).toBe(true);
});
