import type { Grammar, Grammars } from "../../packages/semantic/src/grammar.ts";
import { openGrammarFiles } from "../../packages/semantic/src/grammar_files.ts";
import { withTree } from "../../packages/semantic/src/parse.ts";
import { readTree, type SyntaxTree } from "../../packages/semantic/src/syntax_tree.ts";

/** A text to parse by both, with the name that its grammar has here. */
export type Sample = { grammar: string; path: string; text: string };

/** A node of the native parser's: its places are bytes of UTF-8. */
type Native = [type: string, named: boolean, field: string | null, start: number, end: number];

/** A Python with the native tree-sitter: the one that is asked for, or else of the path or of CI; null: none has it. */
export function nativePython(asked?: string): string | null {
  const programs = asked === undefined ? ["python3", `${import.meta.dir}/../../.ci/venv/bin/python3`] : [asked];
  const has = (program: string) =>
    Bun.which(program) !== null && Bun.spawnSync([program, "-I", "-c", "import tree_sitter"]).exitCode === 0;
  return programs.find(has) ?? null;
}

/** Of each grammar of ours, why the native one cannot be compared with it, as a clause; null: it is of the same version. */
export function nativeLacks(python: string): ReadonlyMap<string, string | null> {
  const native = JSON.parse(run(python, [])[0]!) as Record<string, string>;
  const { grammars } = openGrammarFiles().manifest;
  const own = Object.entries(grammars).flatMap(([name, { version }]) => (version === null ? [] : [{ name, version }]));
  const lacks = (name: string, version: string) => {
    if (native[name] === undefined) return "it is not installed";
    return native[name] === version ? null : `it is ${native[name]}, and ours is ${version}`;
  };
  return new Map(own.map(({ name, version }) => [name, lacks(name, version)]));
}

/** How many nodes texts have, and what their trees are not alike in, as sentences: the first difference of each. */
export function compareTrees(python: string, grammars: Grammars, samples: readonly Sample[]) {
  const answers = run(python, samples).slice(1);
  const trees = samples.map((sample, at) => ({ sample, nodes: JSON.parse(answers[at]!) as Native[] }));
  return {
    nodes: trees.reduce((sum, { nodes }) => sum + nodes.length, 0),
    differences: trees.flatMap(({ sample, nodes }) => treeDifference(grammars, sample, nodes) ?? []),
  };
}

function run(python: string, samples: readonly Sample[]): string[] {
  const input = samples.map(({ grammar, text }) => JSON.stringify([grammar, text])).join("\n");
  const { stdout, stderr, exitCode } = Bun.spawnSync([python, "-I", `${import.meta.dir}/native_trees.py`], {
    stdin: Buffer.from(input),
  });
  if (exitCode !== 0) throw new Error(stderr.toString());
  return stdout.toString().trimEnd().split("\n");
}

function treeDifference(grammars: Grammars, { grammar: name, path, text }: Sample, nodes: Native[]): string | null {
  const grammar = grammars.grammar(name);
  const units = unitsByByte(text);
  const found = withTree(grammar, text, (tree) => {
    const ours = rowsOf(readTree(tree, text, grammar), grammar);
    const theirs = nodes.map(([type, named, field, start, end]) =>
      row(type, named, field, [units[start]!, units[end]!]),
    );
    const at = [...Array(Math.max(ours.length, theirs.length)).keys()].find((own) => ours[own] !== theirs[own]);
    return { line: at === undefined ? null : `${path}: node ${at}: we have ${ours[at]}, the native one ${theirs[at]}` };
  });
  return "unknown" in found ? `${path}: ${found.unknown}` : found.line;
}

const row = (type: string, named: boolean, field: string | null, span: readonly [number, number]) =>
  `${named ? type : JSON.stringify(type)} ${field === null ? "" : `as ${field} `}at ${span.join("-")}`;

function rowsOf(tree: SyntaxTree, { language, tables }: Grammar): string[] {
  const { flat } = tree;
  return [...Array(flat.count).keys()].map((at) => {
    const named = flat.type[at]! >= tables.named.length || tables.named[flat.type[at]!] !== 0;
    const field = language.fields[flat.field[at]!] ?? null;
    return row(tree.node(at).type, named, field, [flat.start[at]!, flat.end[at]!]);
  });
}

/** Of each byte of a text in UTF-8, and of its end, the place in UTF-16 that it belongs to. */
function unitsByByte(text: string): Int32Array {
  const places = new Int32Array(Buffer.byteLength(text) + 1);
  let [byte, unit] = [0, 0];
  for (const character of text) {
    places.fill(unit, byte, byte + Buffer.byteLength(character));
    byte += Buffer.byteLength(character);
    unit += character.length;
  }
  places[byte] = unit;
  return places;
}
