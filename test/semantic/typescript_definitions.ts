import { analyse } from "../../packages/semantic/src/analyse.ts";
import type { Grammars } from "../../packages/semantic/src/grammar.ts";
import type { Summary } from "../../packages/semantic/src/summary.ts";
import type { Unit, UnitKind } from "../../packages/semantic/src/unit.ts";
import { type Compiled, type Definition, linesOf, type Signature } from "./compiler_definitions.ts";

/** Each difference between the compiler and us on one file, as a sentence; null: our grammar cannot parse it. */
export function compilerDifferences(grammars: Grammars, { path, text, rows, exported }: Compiled): string[] | null {
  const summary = analyse(grammars, path, text);
  if ("unknown" in summary) return [`${path}: ${summary.unknown}`];
  if (summary.faults.some(({ code }) => code === "unexpected" || code === "missing")) return null;
  const starts = linesOf(text);
  const lineAt = (offset: number) => starts.findLastIndex((start) => start <= offset) + 1;
  const ours = rowsOf({ text, lineAt }, summary.units, []).map(lineOf);
  const theirs = rows.map(lineOf);
  const [mine, given] = [exportsOf(summary), exported].map((names) => `exports ${names.join()}`) as [string, string];
  return [
    ...only([...ours, mine], [...theirs, given]).map((line) => `${path}: only we have ${line}`),
    ...only([...theirs, given], [...ours, mine]).map((line) => `${path}: only the compiler has ${line}`),
  ];
}

/** What is in the first more often than in the second. */
function only(some: readonly string[], others: readonly string[]): string[] {
  const left = Map.groupBy(others, (line) => line);
  return some.filter((line) => left.get(line)?.pop() === undefined);
}

const exportsOf = ({ exports }: Summary): string[] =>
  exports === null || exports === "dynamic" ? [] : [...new Set(exports.map(({ name }) => name))].sort();

const lineOf = ({ kind, path, lines, signature }: Definition): string =>
  [kind, path.join(" "), lines.join("-"), signature === null ? "" : JSON.stringify(signature)].join(" ");

const LEFT_OUT: ReadonlySet<UnitKind> = new Set(["import", "export", "doc", "statement", "key"]);

type Text = { text: string; lineAt: (offset: number) => number };

function rowsOf(own: Text, units: readonly Unit[], path: readonly string[]): Definition[] {
  return units.flatMap(({ kind, name, span, signature, children }): Definition[] => {
    if (LEFT_OUT.has(kind) || name === null) return rowsOf(own, children, path);
    const inner = [...path, name];
    // A comment behind a definition is its own for us, and nobody's for the compiler.
    const code = own.text.slice(...span).replace(/\s*(\/\/[^\n]*|\/\*((?!\*\/).)*\*\/)?\s*$/s, "");
    const lines = [own.lineAt(span[0]), own.lineAt(span[0] + code.length - 1)] as const;
    return [{ path: inner, kind, lines, signature: signatureOf(signature) }, ...rowsOf(own, children, inner)];
  });
}

function signatureOf(signature: Unit["signature"]): Signature | null {
  if (signature === null) return null;
  const { is_async, is_generator, parameters } = signature;
  const told = parameters.map(
    ({ name, kind, optional }) => [/^[[{]/.test(name) ? name[0]! : name, kind === "rest", optional] as const,
  );
  return { async: is_async, generator: is_generator, parameters: told };
}
