import { expect, test } from "bun:test";
import { Query as ParserQuery } from "web-tree-sitter";
import { type Grammar, openGrammars } from "../grammar.ts";
import { withTree } from "../parse.ts";
import { indexOf, readTree } from "../syntax_tree.ts";
import { readPatterns } from "./pattern.ts";
import { readQuery } from "./query.ts";

const grammars = await openGrammars();

type Row = readonly [pattern: number, ...captures: string[]];
const inOrder = (rows: readonly Row[]) =>
  [...new Set(rows.map(([own, ...found]) => [own, ...found.sort()].join(" ")))].sort();

/** What a query finds in a text, by ours and by the parser's own. */
function both(grammar: Grammar, query: string, text: string): { ours: string[]; theirs: string[] } {
  const found = withTree(grammar, text, (parsed) => {
    const tree = readTree(parsed, text, grammar);
    const ours: Row[] = [];
    readQuery(readPatterns(query), grammar.language, grammar.tables).matches(tree, (captures, pattern) =>
      ours.push([pattern, ...captures.map(({ name, at }) => `${name}:${at}`)]),
    );
    const theirs = new ParserQuery(grammar.language, query)
      .matches(parsed.rootNode)
      .map(({ patternIndex, captures }): Row => {
        return [patternIndex, ...captures.map(({ name, node }) => `${name}:${indexOf(tree.flat, node)}`)];
      });
    return { ours: inOrder(ours), theirs: inOrder(theirs) };
  });
  if ("unknown" in found) throw new Error(found.unknown);
  return found;
}

const PYTHON = `
@a.b
def f(x, *, y=1, **z):
    "doc"
    # words
    import os, sys as s
    return g(x, y=1)[0]
class C(A, metaclass=M):
    def m(self): yield (1, (2, 3))
try:
    x = [i for i in range(3) if i]
except (E, F) as e:
    pass
except:
    pass
`;

test.each([
  ["a type", "(identifier) @a"],
  ["what is in it", "(call function: (_) @f arguments: (argument_list (identifier) @a)) @c"],
  ["a choice", "[(identifier) (attribute) (call)] @a"],
  ["a choice inside", "(assignment left: [(identifier) (tuple)] @a right: (_) @b)"],
  ["a field that is not there", "(parameters (default_parameter !type) @a)"],
  ["a token", '(import_statement "," @comma)'],
  ["any node", "(tuple _ @a)"],
  ["any named node", "(tuple (_) @a)"],
  ["the first", "(block . (_) @a)"],
  ["the last", "(tuple (_) @a .)"],
  ["side by side", "(tuple (integer) @a . (_) @b)"],
  ["alone", "(expression_statement . (string) @a .)"],
  ["comments between", "(block . (comment)* . (expression_statement . (string) .) @doc)"],
  ["one that may be missing", "(call function: (_) @a arguments: (argument_list (keyword_argument)? @b))"],
  ["two captures of a node", "(function_definition name: (_) @a @b)"],
  ["a group of types", "(argument_list (expression) @a)"],
  ["equal", '((identifier) @a (#eq? @a "x"))'],
  ["one of", '((identifier) @a (#any-of? @a "x" "y"))'],
  ["none of", '((identifier) @a (#not-any-of? @a "x" "y"))'],
  ["alike", '((identifier) @a (#match? @a "^[fg]$"))'],
  ["several patterns", "(identifier) @a ; words\n(attribute object: (_) @b) @c"],
  ["a mistake", "(ERROR) @a"],
])("finds what the parser finds: %s", (_, query) => {
  const { ours, theirs } = both(grammars.grammar("python"), query, PYTHON);
  expect(ours).toEqual(theirs);
  if (!query.includes("ERROR")) expect(ours.length).toBeGreaterThan(0);
});

test("what may come often is not tried in each choice of it", () => {
  const text = `x = ${'"a" '.repeat(60)}\n`;
  const pattern = "(concatenated_string . (string . (string_start) @s) (string . (string_start) @s)* . (comment)) @c";
  expect(both(grammars.grammar("python"), pattern, text).ours).toEqual([]);
  const found = both(grammars.grammar("python"), "(concatenated_string . (string)* @s .) @c", text).ours;
  expect(found).toHaveLength(1);
  expect(found[0]?.split(" s:")).toHaveLength(61);
});

test("a mistake in a text is found where the parser finds it", () => {
  const { ours, theirs } = both(grammars.grammar("python"), "(ERROR) @a (ERROR (_) @b)", "def f(:\n  x = = 1\n]\n");
  expect(ours).toEqual(theirs);
  expect(ours.length).toBeGreaterThan(0);
});

test.each([
  ["a node that is none", "(no_such_node) @a"],
  ["a field that is none", "(call no_such_field: (_) @a)"],
  ["no end", "(call (identifier) @a"],
  ["what is no pattern", "(call] @a"],
  ["a condition that is none", '((identifier) @a (#is-it? @a "x"))'],
])("a query with %s is refused", (_, query) => {
  const { language, tables } = grammars.grammar("python");
  expect(() => readQuery(readPatterns(query), language, tables)).toThrow();
});

test("what is not known of patterns is left to the parser, and all others are read", () => {
  const patterns = readPatterns('(a (b)+ @x) @y\n((c) . (d)) @z\n(e "(;" @f) ; (g)\n[(h) (i)] @j');
  expect(patterns.map(({ text, roots }) => [text, roots?.length ?? null])).toEqual([
    ["(a (b)+ @x) @y", null],
    ["((c) . (d)) @z", null],
    ['(e "(;" @f)', 1],
    ["[(h) (i)] @j", 2],
  ]);
});
