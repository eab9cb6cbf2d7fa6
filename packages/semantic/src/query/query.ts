import { type Language, Query as ParserQuery } from "web-tree-sitter";
import { ERROR_TYPE } from "../flat_tree.ts";
import { indexOf, type SyntaxTree } from "../syntax_tree.ts";
import type { Tables } from "../units/tables.ts";
import { type Capture, type Form, formOf, matches, type Search } from "./matcher.ts";
import type { Condition, Pattern } from "./pattern.ts";

/**
 * A query of tree-sitter, which is run over a flat tree: the parser's own takes several times as long, and most of that
 * to hand over what it has found.
 */
export type Query = {
  readonly captureNames: readonly string[];
  /** Tells of each match its captures in the order of the tree; they are gone afterwards. */
  matches(tree: SyntaxTree, tell: (captures: readonly Capture[], pattern: number) => void): void;
};

type Rooted = { form: Form; own: number; pattern: number; holds: ((search: Search) => boolean) | null };

/** @throws Error when it names what the language does not have */
export function readQuery(patterns: readonly Pattern[], language: Language, tables: Tables): Query {
  const known = patterns.map(({ roots }) => roots?.map((root) => formOf(root, tables)) ?? [null]);
  const left = [...patterns.keys()].filter((own) => known[own]!.includes(null)); // these are tree-sitter's
  const other = left.length === 0 ? null : new ParserQuery(language, left.map((own) => patterns[own]!.text).join("\n"));
  const rooted = rootsOf(patterns, known);
  const byType = Array.from({ length: tables.named.length + 1 }, (): Rooted[] => []);
  for (const root of rooted) for (const place of root.form.of.places) byType[place]!.push(root);
  return {
    get captureNames() {
      return [...new Set([...patterns.flatMap(namesIn), ...(other?.captureNames ?? [])])];
    },
    matches(tree, tell) {
      const { flat } = tree;
      const accept = ({ root, found }: Search) => {
        const { holds, pattern } = rooted[root]!;
        if (holds === null || holds(search)) tell(found, pattern);
      };
      const search: Search = { flat, named: tables.named, found: [], spare: [], root: -1, accept };
      for (let at = 0; at < flat.count; at += 1) {
        const type = flat.type[at]!;
        const roots = byType[type === ERROR_TYPE ? byType.length - 1 : type]!;
        for (const { form, own } of roots) {
          search.root = own;
          matches(search, form, at);
        }
      }
      if (other === null) return;
      for (const { captures, patternIndex } of other.matches(tree.parsed.rootNode))
        tell(
          captures.map(({ name, node }) => ({ name, at: indexOf(flat, node) })),
          left[patternIndex]!,
        );
    },
  };
}

/** All roots of the patterns that are ours, in their order. */
function rootsOf(patterns: readonly Pattern[], known: readonly (readonly (Form | null)[])[]): Rooted[] {
  const roots = [...known].flatMap((forms, pattern) => {
    if (forms.includes(null)) return [];
    const holds = conditionsOf(patterns[pattern]!.conditions);
    return (forms as readonly Form[]).map((form) => ({ form, pattern, holds }));
  });
  return roots.map((root, own) => ({ ...root, own }));
}

const namesIn = ({ text }: Pattern): string[] =>
  [...text.replace(/"(?:[^"\\]|\\.)*"|;[^\n]*/g, "").matchAll(/@([\w.-]+)/g)].map(([, name = ""]) => name);

function conditionsOf(conditions: readonly Condition[]): Rooted["holds"] {
  if (conditions.length === 0) return null;
  const tests = conditions.map((own) => ({ capture: own.capture, test: testOf(own) }));
  return ({ flat, found }) => {
    for (const { capture, test } of tests)
      for (const { name, at } of found)
        if (name === capture && !test(flat.text.slice(flat.start[at], flat.end[at]))) return false;
    return true;
  };
}

function testOf({ name, values }: Condition): (text: string) => boolean {
  const [kind, wanted] = name.startsWith("not-") ? [name.slice(4), false] : [name, true];
  if (kind === "eq?") return (text) => (text === values[0]) === wanted;
  if (kind === "any-of?") return (text) => values.includes(text) === wanted;
  if (kind !== "match?") throw new Error(`Cannot read a query: "#${name}" is no condition that is known`);
  const pattern = new RegExp(values[0] ?? "");
  return (text) => pattern.test(text) === wanted;
}
