import type { Node } from "web-tree-sitter";
import { type Grammar, withTree } from "./grammar.ts";

/** A name that a file defines. `line` counts from 1; `depth` is 1 for what is in a class. */
export type FileSymbol = { line: number; depth: number; text: string };

const DEFINES: Readonly<Record<"python" | "bash" | "script", RegExp>> = {
  python: /^(class_definition|function_definition|type_alias_statement)$/,
  bash: /^(function_definition)$/,
  script: new RegExp(
    [
      "^(abstract_)?class_declaration$|^(generator_)?function_(declaration|signature)$|^(internal_)?module$",
      "^(interface|enum|type_alias)_declaration$|^(abstract_)?method_(definition|signature)$|^(public_)?field_definition$",
    ].join("|"),
  ),
};
/** What stands around a definition and is none itself. */
const WRAPPERS = /^(decorated_definition|export_statement|ambient_declaration|expression_statement|statement_block)$/;
const VARIABLES = /^(lexical_declaration|variable_declaration|assignment|variable_assignment)$/;
const CLASSES = /^(class_definition|(abstract_)?class_declaration|internal_module|module)$/;

/**
 * The classes, functions, types and variables at the top of a file, and what the classes hold.
 *
 * @throws NoTree
 */
export const symbolsOf = (grammar: Grammar, text: string): Promise<FileSymbol[]> =>
  withTree(grammar, text, (root) => root.namedChildren.flatMap((node) => symbolsIn(node, kindOf(grammar), 0)));

const kindOf = (grammar: Grammar): keyof typeof DEFINES =>
  grammar === "python" || grammar === "bash" ? grammar : "script";

function symbolsIn(node: Node | null, kind: keyof typeof DEFINES, depth: number): FileSymbol[] {
  if (node === null) return [];
  if (WRAPPERS.test(node.type)) return node.namedChildren.flatMap((own) => symbolsIn(own, kind, depth));
  const variable = VARIABLES.test(node.type) && (kind !== "python" || node.firstNamedChild?.type === "identifier");
  if (!variable && !DEFINES[kind].test(node.type)) return [];
  const own = { line: node.startPosition.row + 1, depth, text: headOf(node) };
  if (!CLASSES.test(node.type) || depth > 0) return [own];
  const inside = node.childForFieldName("body")?.namedChildren ?? [];
  return [own, ...inside.flatMap((part) => symbolsIn(part, kind, depth + 1))];
}

const HEAD_CHARS = 160;

/** What stands before the body, on one line. */
function headOf(node: Node): string {
  const body = node.childForFieldName("body");
  const value = VARIABLES.test(node.type) || /field_definition$/.test(node.type);
  const end = body === null ? node.text.length : body.startIndex - node.startIndex;
  const head = node.text.slice(0, value ? HEAD_CHARS : end).split(value ? "\n" : /$/)[0]!;
  const line = head.replace(/\s+/g, " ").replace(/\s*[{:]?\s*$/, "");
  return line.length > HEAD_CHARS ? `${line.slice(0, HEAD_CHARS)}…` : line;
}
