import { expect, test } from "bun:test";
import { rulesOf, type Texts, treeOf } from "../testing/texts.ts";
import { overlapsOf } from "./overlaps.ts";
import { touchesBetween } from "./touches.ts";

const LIB = `import os


def price(item):
    return item * 2


def label(item):
    return str(item)


class Cart:
    def total(self, xs):
        return sum(xs)
`;
const APP = `from lib import Cart, price


def bill(items):
    return len(items)


def unrelated():
    return 1


def old(items):
    return price(items)
`;
const BASE: Texts = { "lib.py": LIB, "app.py": APP, "notes.md": "one\n" };

/** Where two sides meet, one line each; a side says only the files that it changed, and "" takes one away. */
async function meet(left: Texts, right: Texts): Promise<string[]> {
  const side = async (changed: Texts) => {
    const texts = Object.fromEntries(Object.entries({ ...BASE, ...changed }).filter(([, text]) => text !== ""));
    const files = Object.keys(changed).map((path) => ({
      from: path in BASE ? path : null,
      to: path in texts ? path : null,
    }));
    const view = await treeOf(texts);
    return { view, files, touches: touchesBetween(await treeOf(BASE), view, files, () => null).touches };
  };
  const overlaps = overlapsOf({ left: await side(left), right: await side(right) }, await rulesOf());
  return overlaps.map(({ kind, path, symbol, user }) => {
    const at = symbol === "" ? path : `${path}::${symbol}`;
    return `${kind} ${at}${user ? ` by ${user.path}::${user.symbol}` : ""}`;
  });
}

const lib = (from: string, to: string): Texts => ({ "lib.py": LIB.replace(from, to) });
const app = (from: string, to: string): Texts => ({ "app.py": APP.replace(from, to) });
const calls = app("len(items)", "price(items)");

test.each<[what: string, left: Texts, right: Texts, told: string[]]>([
  ["different files that know nothing of each other", lib("item * 2", "item * 3"), app("return 1", "return 2"), []],
  ["nothing", {}, calls, []],
  ["different symbols of a file", lib("item * 2", "item * 3"), lib("str(item)", "repr(item)"), ["same_file lib.py"]],
  ["imports of a file", lib("import os", "import re"), lib("import os", "import sys"), ["same_file lib.py"]],
  ["a file that is no code", { "notes.md": "two\n" }, { "notes.md": "three\n" }, ["same_file notes.md"]],
  ["one symbol", lib("item * 2", "item * 3"), lib("item * 2", "item * 4"), ["same_symbol lib.py::price"]],
  [
    "a member of what is gone",
    lib("class Cart:\n    def total(self, xs):\n        return sum(xs)\n", ""),
    lib("sum(xs)", "max(xs)"),
    ["same_symbol lib.py::Cart.total"],
  ],
  [
    "a new symbol of one name",
    { "lib.py": `${LIB}\n\ndef tax():\n    return 1\n` },
    { "lib.py": `${LIB}\n\ndef tax():\n    return 2\n` },
    ["same_name lib.py::tax"],
  ],
  [
    "a call of what does something else",
    lib("item * 2", "item * 3"),
    calls,
    ["reference lib.py::price by app.py::bill"],
  ],
  [
    "a call of what is called otherwise",
    lib("(item)", "(item, n)"),
    calls,
    ["signature lib.py::price by app.py::bill"],
  ],
  ["the same from the other side", calls, lib("(item)", "(item, n)"), ["signature lib.py::price by app.py::bill"]],
  [
    "a member through its class",
    lib("sum(xs)", "max(xs)"),
    app("len(items)", "Cart().total(items)"),
    ["reference lib.py::Cart.total by app.py::bill"],
  ],
  ["a call that neither side wrote", lib("item * 2", "item * 3"), app("return 1", "return 2"), []],
  ["what does not parse on one side", lib("(item)", "(item"), lib("str(item)", "repr(item)"), ["syntax lib.py"]],
])("two changes meet in %s", async (_, left, right, told) => {
  expect(await meet(left, right)).toEqual(told);
});
