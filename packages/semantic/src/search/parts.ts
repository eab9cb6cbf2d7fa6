import { ERROR_TYPE } from "../flat_tree.ts";
import type { SyntaxTree } from "../syntax_tree.ts";

/** What a node is, alike for all ids of one name; a token is told from a node that is called so. */
export function kindOf({ flat, tables }: Pick<SyntaxTree, "flat" | "tables">, at: number): string {
  const type = flat.type[at]!;
  if (type === ERROR_TYPE) return "";
  return tables.names[type] || `"${tables.tokens[type]}`;
}

/**
 * The nodes in a node that mean something: no comments, and no commas and semicolons, since the one at the end is there or
 * not, and the others part what is two nodes anyhow.
 */
export function partsOf({ flat, tables }: Pick<SyntaxTree, "flat" | "tables">, at: number): number[] {
  const parts: number[] = [];
  for (let part = at + 1; part < flat.next[at]!; part = flat.next[part]!) {
    const type = flat.type[part]!;
    if (type === ERROR_TYPE || !(tables.trivia[type] || /^[,;\n]$/.test(tables.tokens[type]!))) parts.push(part);
  }
  return parts;
}

/** What is written between the nodes in a node, without blanks: some grammars have no node for the text of a string. */
export function gapsOf({ flat }: Pick<SyntaxTree, "flat">, at: number): string {
  let text = "";
  let from = flat.start[at]!;
  for (let part = at + 1; part < flat.next[at]!; part = flat.next[part]!) {
    if (flat.start[part]! > from) text += flat.text.slice(from, flat.start[part]);
    from = flat.end[part]!;
  }
  if (from > flat.start[at]!) text += flat.text.slice(from, flat.end[at]);
  return text.replace(/[\s\\]+/g, "");
}
