import { readFileSync } from "node:fs";
import type { Grammars } from "../../packages/semantic/src/grammar.ts";
import { withTree } from "../../packages/semantic/src/parse.ts";
import { type ScopeRow, scopeTable } from "../../packages/semantic/src/references/scope_table.ts";
import { readTree } from "../../packages/semantic/src/syntax_tree.ts";
import { askPython } from "./ask_python.ts";

type Row = { kind: string; line: number; locals: string[]; outer: string[]; globals: string[] };
type Answer = { path: string; rows: Row[] } | { path: string; error: string };

/** What CPython's compiler says of the scopes of files. What does not compile has an error. */
export const symtables = (python: string, paths: readonly string[]): Answer[] =>
  askPython(python, "symtable.py", paths);

const KINDS: Partial<Record<ScopeRow["kind"], string>> = {
  function: "function",
  comprehension: "function",
  class: "class",
};

/** Each difference between the two on one file, as a sentence. */
export function scopeDifferences(grammars: Grammars, path: string, expected: readonly Row[]): string[] {
  const grammar = grammars.grammar("python");
  const text = readFileSync(path, "utf8").replace(/^\uFEFF/, "");
  const found = withTree(grammar, text, (tree) => {
    const { references: query, profile } = grammar;
    return scopeTable({ tree: readTree(tree, text, grammar), query, profile: profile.references });
  });
  if ("unknown" in found) return [`${path}: ${found.unknown}`];
  const starts = lineStarts(text);
  const ours = found.flatMap(({ kind, start, locals, outer, globals }) => {
    const same = KINDS[kind];
    const plain = (names: string[]) => names.filter((name) => name !== "__class__");
    return same === undefined
      ? []
      : [
          lineOf({
            kind: same,
            line: lineAt(starts, start),
            locals: plain(locals),
            outer: plain(outer),
            globals: plain(globals),
          }),
        ];
  });
  const theirs = expected.map(lineOf);
  return [
    ...missing(theirs, ours).map((line) => `${path}: CPython ${line}`),
    ...missing(ours, theirs).map((line) => `${path}: we      ${line}`),
  ].sort((a, b) => Number(/"line":(\d+)/.exec(a)?.[1]) - Number(/"line":(\d+)/.exec(b)?.[1]));
}

/** A scope that binds and reads nothing is nowhere on our side. */
const lineOf = ({ kind, line, locals, outer, globals }: Row): string =>
  locals.length + outer.length + globals.length === 0 ? "" : JSON.stringify({ kind, line, locals, outer, globals });

function missing(here: readonly string[], there: readonly string[]): string[] {
  const left = new Map<string, number>();
  for (const line of there) left.set(line, (left.get(line) ?? 0) + 1);
  return here.filter((line) => {
    const count = left.get(line) ?? 0;
    left.set(line, count - 1);
    return line !== "" && count <= 0;
  });
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return starts;
}

function lineAt(starts: readonly number[], offset: number): number {
  let low = 0;
  let high = starts.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (starts[middle]! <= offset) low = middle + 1;
    else high = middle;
  }
  return low;
}
