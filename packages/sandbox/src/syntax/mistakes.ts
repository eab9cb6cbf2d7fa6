import { parse as parseToml, TomlError } from "smol-toml";
import type { Node } from "web-tree-sitter";
import { type Grammar, withTree } from "./grammar.ts";

/** The first mistake in a text, as `line 3: …`; null: there is none. */
export type Mistake = string | null;

/** Formats of data, by the end of the file's name. Reading one starts nothing and follows nothing. */
const FORMATS: readonly [name: RegExp, format: string, read: (text: string) => unknown][] = [
  [/(^|\/)[tj]sconfig[^/]*\.json$|\.(jsonc|code-workspace)$/i, "JSON with comments", (text) => Bun.JSONC.parse(text)],
  [/\.(json|webmanifest|geojson)$/i, "JSON", (text) => JSON.parse(text)],
  [/\.(jsonl|ndjson)$/i, "JSON lines", readLines],
  [/\.json5$/i, "JSON5", (text) => Bun.JSON5.parse(text)],
  [/\.toml$|(^|\/)(poetry|uv|pdm|Cargo)\.lock$/i, "TOML", (text) => parseToml(text)],
  [/\.ya?ml$/i, "YAML", (text) => Bun.YAML.parse(text)],
];

/** Checks a file of data. null: the name is not one of a format that is known here. */
export function dataMistake(path: string, text: string): { format: string; mistake: Mistake } | null {
  const found = FORMATS.find(([name]) => name.test(path));
  if (!found) return null;
  const [, format, read] = found;
  try {
    read(text);
    return { format, mistake: null };
  } catch (error) {
    if (error instanceof TomlError) return { format, mistake: `line ${error.line}: ${firstLine(error.message)}` };
    if (error instanceof RangeError) return { format, mistake: "it is nested too deeply to be read" };
    if (error instanceof Error) return { format, mistake: firstLine(error.message) };
    throw error;
  }
}

function readLines(text: string): void {
  for (const [at, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    try {
      JSON.parse(line);
    } catch (error) {
      throw new Error(`line ${at + 1}: ${error instanceof Error ? error.message : error}`, { cause: error });
    }
  }
}

const firstLine = (text: string): string => text.split("\n")[0]!.slice(0, 300);

/**
 * Checks a program by its grammar, which knows the form and not each rule of its compiler.
 *
 * @throws NoTree
 */
export const grammarMistake = (grammar: Grammar, text: string): Promise<Mistake> =>
  withTree(grammar, text, (root) => (root.hasError ? describe(firstFault(root)) : null));

/** Down into the first part that has a fault, until it is one. */
function firstFault(root: Node): Node {
  let node = root;
  for (;;) {
    const next = node.isError ? null : node.children.find((child) => child?.hasError || child?.isMissing);
    if (!next) return node;
    node = next;
  }
}

function describe(node: Node): string {
  const { row, column } = node.startPosition;
  const what = node.isMissing
    ? `missing "${node.type}"`
    : `unexpected ${JSON.stringify(firstLine(node.text).slice(0, 80))}`;
  return `line ${row + 1}, column ${column + 1}: ${what}`;
}
