import { describe, expect, test } from "bun:test";
import { analyse } from "../analyse.ts";
import { openGrammars } from "../grammar.ts";
import type { Summary } from "../summary.ts";
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

function afterEdit(path: string, text: string, later: string) {
  const earlier: Earlier = { text, summary: summaryOf(path, text) };
  const pieces = piecesOf(earlier, later);
  const found = pieces?.map((piece) => summaryOf(path, piece.text)) ?? [];
  return { pieces, made: pieces && joined(earlier, pieces, found) };
}

/** The keys of the units in each piece. */
const keysIn = (path: string, pieces: readonly Piece[] | null) =>
  pieces?.map(({ text }) => summaryOf(path, text).units.map(({ key }) => key)) ?? null;

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
      expect(made).toEqual(summaryOf("a.py", later));
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
    "a comment that does not end": ["a.ts", SCRIPT, (text) => text.replace("return b", "return b /*")],
    "a brace less": ["a.ts", SCRIPT, (text) => text.replace("return b\n}", "return b\n")],
  };
  for (const [name, [path, text, edit]] of Object.entries(asked))
    test(name, () => {
      const later = edit(text);
      const { made } = afterEdit(path, text, later);
      if (made !== null) expect(made).toEqual(summaryOf(path, later));
      expect(made).toBeNull();
    });

  test("an earlier text with mistakes, without units, with names that are there twice, or of data", () => {
    const pieces = (path: string, text: string, later: string) =>
      piecesOf({ text, summary: summaryOf(path, text) }, later);
    const long = (text: string) => text + PYTHON;
    expect(pieces("a.py", long("def ((:\n"), long("def ((:\n\n"))).toBeNull();
    expect(pieces("a.py", "", "a = 1\n")).toBeNull();
    expect(pieces("a.py", long("def fifth(): ...\n"), long("def fifth(): pass\n"))).toBeNull();
    expect(pieces("a.toml", "a = 1\nb = 2\nc = 3\nd = 4\n", "a = 1\nb = 2\nc = 3\nd = 5\n")).toBeNull();
  });

  test("what is changed in most places", () => {
    expect(afterEdit("a.py", PYTHON, PYTHON.replaceAll("return", "yield")).pieces).toBeNull();
  });

  test("pieces that another grammar has read", () => {
    const later = PYTHON.replace("return 3", "return 33");
    const earlier = { text: PYTHON, summary: summaryOf("a.py", PYTHON) };
    const pieces = piecesOf(earlier, later) ?? [];
    const found = pieces.map(({ text }) => ({ ...summaryOf("a.py", text), version: "another" }));
    expect(pieces).toHaveLength(1);
    expect(joined(earlier, pieces, found)).toBeNull();
  });
});
