import { describe, expect, test } from "bun:test";
import { analyse, short } from "./testing/analyse.ts";

const WAYS_TO_BIND = `def f():
    for a, (b, *c) in open(): a, b, c
    with open() as d, open() as (e, g): d, e, g
    try: pass
    except E as h: h
    if (i := 1): i
    import j.k, l as m
    from n import o as p
    j, m, p, tail
`;

const python = (text: string) => analyse("python", text);
const reads = (text: string) => python(text).reads.map(short);

describe("Python: a read is told when no scope inside the module binds its name", () => {
  test.each<[title: string, text: string, expected: string[]]>([
    ["module", "a\nb.c.d", ["a", "b.c.d"]],
    ["dots end at a call and at a subscript", "a.b(c).d\ne[0].f", ["a.b", "c", "e"]],
    ["parameters and what is assigned", "def f(a, b=c, *d, **e):\n    g = 1\n    return a, b, d, e, g, h", ["c", "h"]],
    ["a name is a function's wherever it binds it", "def f():\n    a\n    a = 1", []],
    ["for, with, except, walrus, import", WAYS_TO_BIND, ["open", "E", "j from j", "m from l", "p from n:o", "tail"]],
    [
      "match",
      "def f(x):\n    match x:\n        case K(y, z=w) | {'k': v} | [u, *r] as s: y, w, v, u, r, s, q",
      ["K", "q"],
    ],
    ["del and augmented", "def f():\n    del a\n    b += 1", []],
    ["comprehensions have a scope, their first source is outside of it", "x = [a for a in a if b]", ["a", "b"]],
    ["a walrus leaves a comprehension", "def f():\n    [a := b for b in c]\n    a", ["c"]],
    ["a class's names are not its methods'", "class K:\n    a = 1\n    b = a\n    def m(self): return a", ["a"]],
    [
      "global and nonlocal",
      "def f():\n    global a\n    a = 1\n    b = 2\n    def g():\n        nonlocal b\n        b = a",
      ["a"],
    ],
    ["lambda", "f = lambda a, b=c: a + b + d", ["c", "d"]],
    ["keywords and attributes are no names", "f(a=b).c", ["f", "b"]],
    ["type parameters", "def f[T: B](x: T) -> T: ...\nclass K[U]: x: U\ntype L[V] = list[V]", ["B", "list"]],
    ["interpolation", 'f"{a.b!r:>{c}}"', ["a.b", "c"]],
  ])("%s", (_title, text, expected) => {
    expect(reads(text)).toEqual(expected);
  });
});

test.each([
  ["f(a, *b, c=1, **d)", 1, ["c"], true],
  ["f(a,  # first\n  b)", 2, [], false],
  ["f(a, \\\n  b)", 2, [], false],
  ["f((yield), lambda: 1, [*x], x if y else z)", 4, [], false],
  ["f(x for x in y)", 1, [], false],
])("Python: %s gives so many arguments by place, and these names", (text, placed, named, spread) => {
  const call = python(text).calls.find(({ callee }) => callee.name === "f");
  expect(call).toMatchObject({ placed, named, spread });
});
