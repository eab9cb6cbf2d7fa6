import { ERROR_TYPE, type FlatTree } from "../flat_tree.ts";
import { lineOf, lineStarts } from "../lines.ts";
import type { SyntaxTree } from "../syntax_tree.ts";
import type { Unit } from "../unit.ts";
import type { Tables } from "../units/tables.ts";
import type { ComplexityProfile } from "./profile.ts";

/**
 * How large and how branched a function is.
 *
 * `key`         of its unit                     `digest`  of what it says but its name: it finds it again under another one
 * `line`        where its head begins, from 1   `lines`   from there to its end
 * `cyclomatic`  1, and each branch, case and operator that takes a way or not, also of what is written inside of it
 * `cognitive`   the same without cases, each branch counted once more for every one around it
 */
export type FunctionShape = {
  key: string;
  digest: string;
  line: number;
  lines: number;
  cyclomatic: number;
  cognitive: number;
};

/** The shapes of all functions of a text, in its order. One without a body has none. */
export function functionShapes(
  { flat, tables }: SyntaxTree,
  profile: ComplexityProfile,
  units: readonly Unit[],
): FunctionShape[] {
  const functions = functionsIn(units);
  if (functions.length === 0) return [];
  const sums = sumsOf(flat, marksOf(tables, profile));
  const starts = lineStarts(flat.text);
  return functions.map(({ key, hashes, parts, span, body }) => {
    const [first, behind] = [nodeAt(flat, body[0]), nodeAt(flat, body[1])];
    const within = (sum: Int32Array) => sum[behind]! - sum[first]!;
    const line = lineOf(starts, headOf(flat.text, parts));
    return {
      key,
      digest: hashes.nameless,
      line,
      lines: lineOf(starts, Math.max(span[0], span[1] - 1)) - line + 1,
      cyclomatic: 1 + within(sums.ways),
      cognitive: within(sums.weight) - within(sums.nested) * (sums.depth[first] ?? 0),
    };
  });
}

const functionsIn = (units: readonly Unit[]): (Unit & { body: readonly [number, number] })[] =>
  units.flatMap((unit) => {
    const { body } = unit.parts;
    const own = unit.signature !== null && body !== null ? [{ ...unit, body }] : [];
    return [...own, ...functionsIn(unit.children)];
  });

/** Where a head begins behind its decorators. */
const headOf = (text: string, { decorators, header }: Unit["parts"]): number => {
  if (decorators === null || decorators[0] > header[0]) return header[0];
  return decorators[1] + (/\S/.exec(text.slice(decorators[1]))?.index ?? 0);
};

/** The first node that begins there or behind it. */
function nodeAt({ start, count }: FlatTree, offset: number): number {
  let [low, high] = [0, count];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (start[middle]! < offset) low = middle + 1;
    else high = middle;
  }
  return low;
}

type Marks = {
  branch: Uint8Array;
  alternative: Uint8Array;
  case: Uint8Array;
  chain: Uint8Array;
  deeper: Uint8Array; // what is in it is a level deeper
  switch: Uint8Array;
  operators: ReadonlyMap<number, ReadonlySet<string>>;
  tokens: readonly string[];
};

function marksOf(tables: Tables, profile: ComplexityProfile): Marks {
  const { branches, switches, cases, alternatives, chains, functions, operators } = profile;
  const idsOf = (name: string) => tables.alike(name, 1);
  return {
    branch: tables.set(branches),
    alternative: tables.set(alternatives),
    case: tables.set(cases),
    chain: tables.set(chains),
    deeper: tables.set([...branches, ...switches, ...functions]),
    switch: tables.set(switches),
    operators: new Map(
      Object.entries(operators).flatMap(([name, tokens]) => idsOf(name).map((id) => [id, new Set(tokens)] as const)),
    ),
    tokens: tables.tokens,
  };
}

/** At each node what all before it amount to; one more at the end. `depth`: how many levels are around it. */
type Sums = { ways: Int32Array; weight: Int32Array; nested: Int32Array; depth: Int32Array };

function sumsOf(flat: FlatTree, marks: Marks): Sums {
  const wide = () => new Int32Array(flat.count + 1);
  const sums: Sums = { ways: wide(), weight: wide(), nested: wide(), depth: wide() };
  for (let at = 0; at < flat.count; at += 1) {
    const type = flat.type[at]!;
    const parent = flat.parent[at]!;
    const above = parent < 0 ? 0 : flat.type[parent]!;
    const known = type !== ERROR_TYPE;
    const branch = known && marks.branch[type] === 1;
    const chained = branch && isChained(flat, marks, at);
    const around = parent < 0 ? 0 : sums.depth[parent]! + (marks.deeper[above] ?? 0);
    sums.depth[at] = chained ? around - 1 : around;
    const stepsIn = branch || (known && marks.switch[type] === 1);
    const operator = known && isOperator(flat, marks, at);
    const alternative = known && marks.alternative[type] === 1 && !holdsBranch(flat, marks, at);
    sums.ways[at + 1] = sums.ways[at]! + Number(branch || operator || (known && marks.case[type] === 1));
    const nests = stepsIn && !chained;
    sums.nested[at + 1] = sums.nested[at]! + Number(nests);
    const weight = Number(stepsIn || operator || alternative) + (nests ? sums.depth[at]! : 0);
    sums.weight[at + 1] = sums.weight[at]! + weight;
  }
  return sums;
}

/** Whether a branch is the next step of one: it is an alternative itself, stands right in one, or ends one of its kind. */
function isChained({ type, parent, next }: FlatTree, marks: Marks, at: number): boolean {
  const above = parent[at]!;
  if (above < 0) return false;
  if (marks.alternative[type[at]!] === 1 || marks.alternative[type[above]!] === 1) return true;
  if (type[above] !== type[at]) return false;
  return marks.chain[type[at]!] === 1 && next[at] === next[above];
}

function holdsBranch({ type, next }: FlatTree, marks: Marks, at: number): boolean {
  for (let child = at + 1; child < next[at]!; child = next[child]!) if (marks.branch[type[child]!] === 1) return true;
  return false;
}

function isOperator({ type, next }: FlatTree, { operators, tokens }: Marks, at: number): boolean {
  const wanted = operators.get(type[at]!);
  if (wanted === undefined) return false;
  for (let child = at + 1; child < next[at]!; child = next[child]!)
    if (wanted.has(tokens[type[child]!] ?? "")) return true;
  return false;
}
