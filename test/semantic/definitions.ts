import { readFileSync } from "node:fs";
import { analyse } from "../../packages/semantic/src/analyse.ts";
import type { Grammars } from "../../packages/semantic/src/grammar.ts";
import type { Unit } from "../../packages/semantic/src/unit.ts";
import { askPython } from "./ask_python.ts";

/** A function or a class as another program sees it, with the lines from its first decorator to its end. */
type Row = {
  path: string[];
  kind: "class" | "function";
  lines: [first: number, last: number];
  decorators: (string | null)[];
  doc: boolean;
  async?: boolean;
  generator?: boolean;
  parameters?: [name: string, kind: string, optional: boolean][];
};
type Answer = { path: string; rows: Row[] } | { path: string; error: string };

/** What CPython's ast says of the functions and classes of files. What does not compile has an error. */
export const definitionsBy = (python: string, paths: readonly string[]): Answer[] =>
  askPython(python, "definitions.py", paths);

/** Each difference between the two on one file, as a sentence; null: our grammar cannot parse it. */
export function definitionDifferences(grammars: Grammars, path: string, expected: readonly Row[]): string[] | null {
  const text = readFileSync(path, "utf8").replace(/^\uFEFF/, "");
  const summary = analyse(grammars, path, text);
  if ("unknown" in summary) return [`${path}: ${summary.unknown}`];
  if (summary.faults.some(({ code }) => code === "unexpected" || code === "missing")) return null;
  const starts = [0, ...[...text.matchAll(/\r\n|\r|\n/g)].map(({ index, 0: end }) => index + end.length)];
  const lineAt = (offset: number) => starts.findLastIndex((start) => start <= offset) + 1;
  // A decorator that is no name has none for ast. Ours is a word of it.
  const nameless = new Map(expected.map((row) => [placeOf(row), row.decorators.map((name) => name === null)]));
  const bare = (row: Row): Row => {
    const none = nameless.get(placeOf(row));
    return { ...row, decorators: row.decorators.map((name, at) => (none?.[at] ? null : name)) };
  };
  const ours = rowsOf({ text, lineAt }, summary.units, []).map((row) => lineOf(bare(row)));
  // What decorates a class is no part of what we say of it but for its span.
  const theirs = expected.map((row) => lineOf(row.kind === "class" ? { ...row, decorators: [] } : row));
  const only = (some: readonly string[], others: ReadonlySet<string>, who: string) =>
    some.filter((line) => !others.has(line)).map((line) => `${path}: only ${who} ${line}`);
  return [...only(ours, new Set(theirs), "we have"), ...only(theirs, new Set(ours), "ast has")];
}

const placeOf = (row: Row): string => `${row.kind} ${row.path.join(".")} ${row.lines.join("-")}`;

const lineOf = (row: Row): string =>
  [
    placeOf(row),
    `decorators ${row.decorators.join()} doc ${row.doc}`,
    row.kind === "class" ? "" : `async ${row.async} generator ${row.generator} ${JSON.stringify(row.parameters)}`,
  ].join(" ");

const KINDS: Partial<Record<Unit["kind"], Row["kind"]>> = {
  ...({ class: "class", function: "function", method: "function", property: "function" } as const),
};

type Text = { text: string; lineAt: (offset: number) => number };

function rowsOf(own: Text, units: readonly Unit[], path: string[]): Row[] {
  return units.flatMap((unit): Row[] => {
    const kind = KINDS[unit.kind];
    const { signature, parts, span, name } = unit;
    if (kind === undefined || name === null) return rowsOf(own, unit.children, path);
    if (!/^(\s|#.*)*(async\b|def\b|class\b)/.test(own.text.slice(...parts.header))) return []; // `f = lambda: 1` is a function here
    const below = rowsOf(own, unit.children, [...path, name]);
    // Comments at the end of a body are in it here, and nowhere for ast.
    const code = withoutLastComments(own.text.slice(...span));
    const row: Row = {
      ...{ path: [...path, name], kind, doc: parts.doc !== null, decorators: [] },
      lines: [own.lineAt(span[0]), own.lineAt(span[0] + code.length - 1)],
    };
    if (signature === null) return [row, ...below];
    const parameters = signature.parameters.map((one): [string, string, boolean] => [one.name, one.kind, one.optional]);
    const said = { async: signature.is_async, generator: signature.is_generator, parameters };
    return [{ ...row, ...said, decorators: signature.decorators.map((one) => one.name) }, ...below];
  });
}

function withoutLastComments(code: string): string {
  const lines = code.split("\n");
  while (/^\s*(#.*)?$/.test(lines.at(-1) ?? "x")) lines.pop();
  return lines.join("\n");
}
