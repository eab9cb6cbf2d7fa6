import { describe, expect, test } from "bun:test";
import { type Texts, treeOf } from "../testing/texts.ts";
import { coversSymbol, symbolsIn, touchesBetween } from "./touches.ts";

/** What is touched and not claimed, one line each: `edited f (body)`. */
async function unclaimed(base: Texts, candidate: Texts, claims: readonly string[] | null): Promise<string[]> {
  const paths = [...new Set([...Object.keys(base), ...Object.keys(candidate)])];
  const files = paths
    .filter((path) => base[path] !== candidate[path])
    .map((path) => ({ from: path in base ? path : null, to: path in candidate ? path : null }));
  const claimed = (path: string) => (path.startsWith("m.") ? claims : null);
  const { touches, unknown } = touchesBetween(await treeOf(base), await treeOf(candidate), files, claimed);
  return [
    ...touches.flatMap(({ did, symbol, edited, claimed }) =>
      claimed ? [] : [`${did} ${symbol}${edited.length > 0 ? ` (${edited.join(", ")})` : ""}`],
    ),
    ...unknown.map(({ path, why }) => `unknown ${path}: ${why}`),
  ];
}

const MODULE = `"""A module."""
import os
import sys

LIMIT = 3


class Cart:
    """A cart."""

    rate = 1

    def total(self, xs):
        # all of them
        return sum(xs) * self.rate

    @property
    def size(self):
        return 1


def first(a):
    return a + 1


# the second one
def second(a):
    return a + 2


run(first)
# the end
`;

const edit = (...edits: readonly (readonly [from: string, to: string])[]) =>
  edits.reduce((text, [from, to]) => {
    if (!text.includes(from)) throw new Error(`Nothing to edit: ${from}`);
    return text.replace(from, to);
  }, MODULE);

const NEW = "def helper(a):\n    return a * 7\n\n\n";

describe("what a change touches beside its claims", () => {
  test.each<[what: string, candidate: string, claims: readonly string[] | null, unclaimed: string[]]>([
    ["nothing, by a claim on the file", edit(["a + 1", "a + 9"], ["import sys\n", ""]), null, []],
    ["nothing, by a claim on the symbol", edit(["a + 1", "a + 9"]), ["first"], []],
    ["another symbol", edit(["a + 1", "a + 9"], ["a + 2", "a + 9"]), ["first"], ["edited second (body)"]],
    ["all, where nothing is claimed", edit(["a + 1", "a + 9"]), [], ["edited first (body)"]],
    ["a name that only begins alike", edit(["a + 1", "a + 9"]), ["fir", "first_two"], ["edited first (body)"]],
    ["nothing, by a claim on the class", edit(["sum(xs)", "max(xs)"], ["rate = 1", "rate = 2"]), ["Cart"], []],
    [
      "another member",
      edit(["sum(xs)", "max(xs)"], ["rate = 1", "rate = 2"]),
      ["Cart.total"],
      ["edited Cart.rate (body)"],
    ],
    ["the class around", edit(["class Cart:", "class Cart(Base):"]), ["Cart.total"], ["edited Cart (signature)"]],
    ["a statement in a class", edit(["    rate = 1", "    rate = 1\n    print(rate)"]), ["Cart.total"], ["added Cart"]],
    [
      "nothing, by a claim on what has a setter",
      edit(["        return 1\n", "        return 1\n\n    @size.setter\n    def size(self, v):\n        pass\n"]),
      ["Cart.size"],
      [],
    ],
    ["a helper", edit(["def first", `${NEW}def first`]), ["first"], ["added helper"]],
    ["nothing, by a claim on what is new", edit(["def first", `${NEW}def first`]), ["helper"], []],
    ["what is gone", edit(["LIMIT = 3\n", ""]), ["first"], ["removed LIMIT"]],
    ["an import", edit(["import sys", "import sys\nimport re"]), ["first"], ["added <imports>"]],
    ["nothing, by the claim on imports", edit(["import sys", "import re"]), ["<imports>"], []],
    [
      "an import, by the claim on the module",
      edit(["import sys", "import re"]),
      ["<module>"],
      ["removed <imports>", "added <imports>"],
    ],
    ["the module's statements", edit(["run(first)", "run(second)"]), ["first"], ["removed <module>", "added <module>"]],
    ["the module's doc", edit(["A module", "The module"]), ["first"], ["edited <module> (body)"]],
    [
      "nothing, by the claim on the module",
      edit(["A module", "The module"], ["run(first)", "run(second)"]),
      ["<module>"],
      [],
    ],
    ["a name under two", edit(["LIMIT = 3", "LIMIT, MORE = 3, 4"]), ["LIMIT"], ["added MORE"]],
    ["a comment of another symbol", edit(["the second one", "the other one"]), ["first"], ["edited second (trivia)"]],
    ["a comment in another symbol", edit(["all of them", "some of them"]), ["first"], ["edited Cart.total (trivia)"]],
    ["nothing, by a comment behind all", edit(["the end", "the very end"]), ["first"], []],
    [
      "nothing, by layout",
      edit(["a + 2", "( a+2 )"], ["\n\n\n#", "\n\n#"], ["LIMIT = 3\n", "LIMIT = 3\n\n"]),
      ["first"],
      [],
    ],
    [
      "a renamed one",
      edit(["sum(xs) *", "sum(xs) +"], ["def second(a):\n    return a + 2", `def third(a):\n    return a + 2`]),
      ["Cart"],
      ["renamed second", "renamed third"],
    ],
    [
      "what stands elsewhere",
      edit(["run(first)\n", ""], ["def first", "run(first)\n\n\ndef first"]),
      ["second"],
      ["moved <module>"],
    ],
    [
      "nothing, by a claimed one that stands elsewhere",
      edit(["def first(a):\n    return a + 1\n", ""], ["LIMIT", "def first(a):\n    return a + 1\n\n\nLIMIT"]),
      ["first"],
      [],
    ],
    ["under a condition", edit(["import sys", "if os:\n    import sys"]), ["first"], ["moved <imports>"]],
    ["what does not parse", edit(["def first(a):", "def first(a:"]), ["first"], ["unknown m.py: it does not parse"]],
  ])("%s", async (_, candidate, claims, expected) => {
    const found = await unclaimed({ "m.py": MODULE }, { "m.py": candidate }, claims);
    expect(found.sort()).toEqual(expected.toSorted());
  });

  test("in a file that is new, or gone", async () => {
    const text = "def f():\n    return 1\n\n\ndef g():\n    return 2\n";
    expect(await unclaimed({}, { "m.py": text }, ["f"])).toEqual(["added g"]);
    expect(await unclaimed({}, { "m.py": text }, ["f", "g"])).toEqual([]);
    expect(await unclaimed({ "m.py": text }, {}, ["f"])).toEqual(["removed g"]);
    expect(await unclaimed({}, { "m.txt": text }, ["f"])).toEqual([
      "unknown m.txt: there is no grammar for its language",
    ]);
  });

  test("of several under one name all are claimed by it", async () => {
    const two = "def f():\n    return 1\n\n\ndef f():\n    return 2\n";
    const [base, candidate] = [{ "m.py": two }, { "m.py": two.replace("return 2", "return 3") }];
    expect(await unclaimed(base, candidate, ["f"])).toEqual([]);
    expect(await unclaimed(base, candidate, ["g"])).toEqual(["edited f (body)"]);
  });

  test("what goes to another file is gone from its own", async () => {
    const long = "def f(xs):\n    total = 0\n    for x in xs:\n        total += x\n    return total\n";
    const moved = { base: { "m.py": `X = 1\n${long}`, "n.py": "" }, candidate: { "m.py": "X = 1\n", "n.py": long } };
    expect(await unclaimed(moved.base, moved.candidate, ["X"])).toEqual(["moved f"]);
    expect(await unclaimed(moved.base, moved.candidate, ["f"])).toEqual([]);
  });
});

test("a claim covers the symbol and its members, and no other that begins alike", () => {
  const covers = ["Cart", "Cart.total", "Carts", "Car", "<module>"].map((symbol) => coversSymbol(["Cart"], symbol));
  expect(covers).toEqual([true, true, false, false, false]);
});

test("what can be claimed of a text is what a change of it touches", async () => {
  const view = (await treeOf({ "m.py": `${MODULE}LEFT, RIGHT = 1, 2\n` })).file("m.py");
  const names = view && "summary" in view ? symbolsIn(view.summary.units) : [];
  expect(names).toEqual([
    ...["<module>", "<imports>", "LIMIT", "Cart", "Cart.rate", "Cart.total", "Cart.size", "first", "second"],
    ...["LEFT", "RIGHT"],
  ]);
});
