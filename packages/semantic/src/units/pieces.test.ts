import { describe, expect, test } from "bun:test";
import { analyse } from "../analyse.ts";
import { openGrammars } from "../grammar.ts";
import type { Summary } from "../summary.ts";
import type { Unit } from "../unit.ts";
import { type Heads, headsOf } from "./heads.ts";
import { type Earlier, joined, type Piece, piecesOf } from "./pieces.ts";

const grammars = await openGrammars();
const PYTHON = `"""A module."""
import os

A = 1


def first(a):
    return a


class Second:
    def own(self):
        return os.sep


def third():
    return 3


def fourth():
    return 4


def fifth():
    return 5


def sixth():
    return 6
`;
const SCRIPT = ["import a from 'a'", "let b = a", "function c() {\n  return b\n}", "class D {}", "type E = D", ""].join(
  "\n",
);

function summaryOf(path: string, text: string): Summary {
  const found = analyse(grammars, path, text, "units");
  if ("unknown" in found) throw new Error(found.unknown);
  return found;
}

const earlierOf = (path: string, text: string): Earlier => ({ text, heads: headsOf(summaryOf(path, text)) as Heads });

const foundIn = (path: string, { was, is }: Piece) => ({
  was: summaryOf(path, was.text),
  is: summaryOf(path, is.text),
});

function afterEdit(path: string, text: string, later: string) {
  const earlier = earlierOf(path, text);
  const pieces = piecesOf(earlier, later);
  const found = pieces?.map((piece) => foundIn(path, piece)) ?? [];
  return { pieces, made: pieces && joined(earlier, pieces, found) };
}

/** The keys of the units in each piece. */
const keysIn = (path: string, pieces: readonly Piece[] | null) =>
  pieces?.map(({ is }) => summaryOf(path, is.text).units.map(({ key }) => key)) ?? null;

/** Each unit that is told is as in the whole, and each that differs is told. */
function expectWhole(told: readonly Unit[], whole: readonly Unit[], other: readonly Unit[]) {
  const others = new Set(other.map(({ hashes }) => hashes.text));
  expect(told).toEqual(whole.filter(({ key }) => told.some((unit) => unit.key === key)));
  expect(told.map(({ key }) => key)).toEqual(
    expect.arrayContaining(whole.filter(({ hashes }) => !others.has(hashes.text)).map(({ key }) => key)),
  );
}

describe("what the pieces say is what the whole says", () => {
  const edits: Record<string, [edit: (text: string) => string, pieces: string[][]]> = {
    "a body": [(text) => text.replace("return 3", "return  33 + 0"), [["Second", "third", "fourth"]]],
    "a first unit": [(text) => text.replace("A module", "The module"), [["doc", "import os"]]],
    "a last unit, and what stands behind it": [(text) => `${text}# end\n`, [["fifth", "sixth"]]],
    "a new one": [
      (text) => text.replace("\n\ndef third", "\n\ndef new():\n    pass\n\n\ndef third"),
      [["Second", "new", "third", "fourth"]],
    ],
    "one that is gone": [
      (text) => text.replace("def third():\n    return 3\n\n\n", ""),
      [["Second", "fourth", "fifth"]],
    ],
    "one with another name": [(text) => text.replace("third", "another"), [["Second", "another", "fourth"]]],
    "two far from one another": [
      (text) => text.replace("A = 1", "A = 2").replace("return 4", "return 44"),
      [
        ["import os", "A", "first"],
        ["third", "fourth", "fifth"],
      ],
    ],
  };
  for (const [name, [edit, keys]] of Object.entries(edits))
    test(name, () => {
      const later = edit(PYTHON);
      const { pieces, made } = afterEdit("a.py", PYTHON, later);
      expect(keysIn("a.py", pieces)).toEqual(keys);
      const [was, is] = [PYTHON, later].map((text) => summaryOf("a.py", text).units) as [Unit[], Unit[]];
      expectWhole(made!.was.units, was, is);
      expectWhole(made!.is.units, is, was);
      expect(made!.was.units.length + made!.is.units.length).toBeLessThan(5);
      expect(made!.heads).toEqual(earlierOf("a.py", later).heads);
    });

  test("what was found is as good as the whole when it is changed again", () => {
    let [text, earlier] = [PYTHON, earlierOf("a.py", PYTHON)];
    for (const number of [4, 6, 3]) {
      const later = text.replace(`return ${number}`, `return [${number},\n        ${number}]`);
      const pieces = piecesOf(earlier, later) ?? [];
      const made = joined(
        earlier,
        pieces,
        pieces.map((piece) => foundIn("a.py", piece)),
      );
      if (number === 1)
        expect(made).toBeNull(); // nothing says so: nothing was changed
      else [text, earlier] = [later, { text: later, heads: made!.heads }];
    }
    expect(earlier).toEqual(earlierOf("a.py", text));
  });
});

describe("where what is around has a say, the whole is looked at", () => {
  const asked: Record<string, [path: string, text: string, edit: (text: string) => string]> = {
    "a string that does not end": ["a.py", PYTHON, (text) => text.replace("return 3", 'return """')],
    "a name that is there again": ["a.py", PYTHON, (text) => text.replace("def third", "def first")],
    "a method of a name that is there again": ["a.py", PYTHON, (text) => text.replace("class Second", "class first")],
    "a branch of what stands in front": [
      "a.py",
      PYTHON.replace("A = 1\n", "if os:\n    A = 1\n"),
      (text) => text.replace("    A = 1\n", "    A = 1\nelse:\n    A = 2\n").replace("A = 1\n", "A = 1\n\n\n\n"),
    ],
    "a call of what stands in front": [
      "a.ts",
      SCRIPT,
      (text) => text.replace("let b = a\n", "let b = a\n(() => {})()\n"),
    ],
    "a word for what stands behind": ["a.py", PYTHON, (text) => text.replace("return 4", "return 44\n@x")],
    "a comment that does not end": ["a.ts", SCRIPT, (text) => text.replace("return b", "return b /*")],
    "a brace less": ["a.ts", SCRIPT, (text) => text.replace("return b\n}", "return b\n")],
  };
  for (const [name, [path, text, edit]] of Object.entries(asked))
    test(name, () => {
      const later = edit(text);
      expect(afterEdit(path, text, later).made).toBeNull();
    });

  test("a text with mistakes, with names that are there twice or overloaded, of data, or without units", () => {
    const heads = (path: string, text: string) => headsOf(summaryOf(path, text));
    expect(heads("a.py", PYTHON)).not.toBeNull();
    expect(heads("a.py", `def ((:\n${PYTHON}`)).toBeNull();
    expect(heads("a.py", `def fifth(): ...\n${PYTHON}`)).toBeNull();
    expect(heads("a.ts", `function c(): void;\n${SCRIPT}`)).toBeNull();
    expect(heads("a.toml", "a = 1\nb = 2\n")).toBeNull();
    expect(piecesOf(earlierOf("a.py", ""), "a = 1\n")).toBeNull();
  });

  test("what is changed in most places", () => {
    expect(afterEdit("a.py", PYTHON, PYTHON.replaceAll("return", "yield")).pieces).toBeNull();
  });

  test("pieces that another grammar has read", () => {
    const later = PYTHON.replace("return 3", "return 33");
    const earlier = earlierOf("a.py", PYTHON);
    const pieces = piecesOf(earlier, later) ?? [];
    const found = pieces.map((piece) => foundIn("a.py", piece));
    expect(pieces).toHaveLength(1);
    expect(joined(earlier, pieces, found)).not.toBeNull();
    for (const side of ["was", "is"] as const) {
      const other = found.map((one) => ({ ...one, [side]: { ...one[side], version: "another" } }));
      expect(joined(earlier, pieces, other)).toBeNull();
    }
  });

  test("heads that are not those of the text", () => {
    const later = PYTHON.replace("return 3", "return 33");
    const { text, heads } = earlierOf("a.py", PYTHON);
    const other = heads.heads.map((head) => ({ ...head, keys: head.keys.map((key) => key.replace("third", "other")) }));
    const earlier = { text, heads: { ...heads, heads: other } };
    const pieces = piecesOf(earlier, later) ?? [];
    const found = pieces.map((piece) => foundIn("a.py", piece));
    expect(pieces).toHaveLength(1);
    expect(joined(earlier, pieces, found)).toBeNull();
  });
});
