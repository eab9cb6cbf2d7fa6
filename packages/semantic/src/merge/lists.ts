import type { Node } from "web-tree-sitter";
import type { Grammar } from "../grammar.ts";
import { withTree } from "../parse.ts";
import type { Span } from "../unit.ts";
import type { ListRule, MergeRules } from "./rules.ts";

/** One entry: `key` is its normalised text or that of its key field; `span` is without the comma behind it. */
export type Entry = { key: string; span: Span };

/** Brackets, or a list without any, that hold entries: `inner` is what is between the brackets. */
export type List = Pick<ListRule, "rule" | "comma"> & { inner: Span; entries: readonly Entry[] };

/**
 * The outermost lists of a stretch of code, parsed by itself. None, where it cannot be parsed.
 *
 * @param start where the stretch begins in its text: the places are those of the text
 */
export function listsIn(grammar: Grammar, rules: MergeRules, code: string, start: number): List[] {
  const found = withTree(grammar, code, ({ rootNode }) => ({
    lists: rootNode.hasError ? [] : listsOf(rootNode, rules).map((list) => shifted(list, start)),
  }));
  return "unknown" in found ? [] : found.lists;
}

const shifted = ({ rule, comma, inner, entries }: List, by: number): List => {
  const move = ([start, end]: Span): Span => [start + by, end + by];
  return { rule, comma, inner: move(inner), entries: entries.map(({ key, span }) => ({ key, span: move(span) })) };
};

function listsOf(root: Node, rules: MergeRules): List[] {
  const found: List[] = [];
  const open = [root];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    const list = listAt(node, rules);
    if (list === null) open.push(...node.namedChildren.filter((child) => child !== null).reverse());
    else found.push(list);
  }
  return found;
}

function listAt(node: Node, { lists }: MergeRules): List | null {
  const isBelow = ({ below }: ListRule) => below === null || below.includes(node.parent?.type ?? "");
  const rule = lists.find((own) => own.node === node.type && isBelow(own) && isGivenTo(node, own.names));
  return rule === undefined ? null : listOf(node, rule);
}

/** Whether a node is what is given to one of some names: `__all__ = [...]`, `__all__ += [...]`. */
function isGivenTo(node: Node, names: readonly string[] | null): boolean {
  if (names === null) return true;
  const left = node.parent?.childForFieldName("left") ?? node.parent?.childForFieldName("name");
  return left !== null && left !== undefined && names.includes(left.text);
}

/** null: it has something in it that is no entry, or a key that is not constant, or one key twice. */
function listOf(node: Node, rule: ListRule): List | null {
  if (rule.nested) return nestedList(node, rule);
  const entries: Entry[] = [];
  let [start, end] = [node.startIndex, node.endIndex];
  const named = rule.field === null ? null : new Set(node.childrenForFieldName(rule.field).map((own) => own?.id));
  for (const child of node.children) {
    if (child === null) continue;
    const own = named === null || named.has(child.id);
    if (OPENING.has(child.type)) start = child.endIndex;
    else if (CLOSING.has(child.type)) end = child.startIndex;
    else if (own && rule.entries.includes(child.type)) {
      const key = keyOf(child, rule);
      if (key === null) return null;
      entries.push({ key, span: [child.startIndex, child.endIndex] });
    } else if (rule.field === null && child.isNamed && !child.isExtra) return null;
  }
  if (new Set(entries.map(({ key }) => key)).size < entries.length) return null;
  if (start === node.startIndex && entries.length > 0) start = entries[0]!.span[0];
  return { rule: rule.rule, comma: rule.comma, inner: [start, end], entries };
}

/** A list without brackets whose front is a list itself, as `a | b | c` is; null: one entry is there twice. */
function nestedList(node: Node, rule: ListRule): List | null {
  const members: Node[] = [];
  const open = [node];
  for (let own = open.pop(); own !== undefined; own = open.pop()) {
    if (own !== node && own.type !== node.type) members.push(own);
    else open.push(...own.namedChildren.filter((child) => child !== null).reverse());
  }
  const entries = members.map((own): Entry | null => {
    const key = rule.entries.includes(own.type) ? keyOf(own, rule) : null;
    return key === null ? null : { key, span: [own.startIndex, own.endIndex] };
  });
  const whole = entries.filter((own) => own !== null);
  if (whole.length < entries.length || new Set(whole.map(({ key }) => key)).size < whole.length) return null;
  return { rule: rule.rule, comma: rule.comma, inner: [node.startIndex, node.endIndex], entries: whole };
}

const OPENING = new Set(["(", "[", "{"]);
const CLOSING = new Set([")", "]", "}"]);

/** null: it is not constant. */
function keyOf(entry: Node, { keys, constants }: ListRule): string | null {
  const key = keys.map((field) => entry.childForFieldName(field)).find((own) => own !== null) ?? entry;
  if (!constants.includes(key.type)) return null;
  return key.text.replace(/\s+/g, " ").replace(/^(['"])(.*)\1$/, '"$2"');
}
