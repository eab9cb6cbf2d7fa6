import type { Node, Query, Tree } from "web-tree-sitter";
import type { FlatTree } from "../flat_tree.ts";
import type { UnitKind } from "../unit.ts";

/**
 * What symbols.scm says of a node. `role` is what stands behind the dot of its capture (`@function.overload`). Names are
 * all that its patterns captured. `parts` is the node that has its parameters and its body, `body` the body itself, `head`
 * the last node of its head where no node is the body, `owner` the name of what it is a member of and stands outside of.
 */
export type Definition = {
  kind: UnitKind;
  role: string | null;
  pattern: number;
  names: number[];
  parts: number | null;
  body: number | null;
  head: number | null;
  owner: number | null;
};

const KINDS: ReadonlySet<string> = new Set<UnitKind>([
  ...(["function", "class", "method", "property", "field", "variable", "type", "interface", "enum", "member"] as const),
  ...(["namespace", "import", "export", "key", "doc", "statement"] as const),
]);

/** The captures of symbols.scm that are no kind of unit. */
export const PART_CAPTURES: readonly string[] = ["name", "parts", "body", "head", "owner"];

/** Whether a capture of symbols.scm is one that is known. Those that begin with "_" are for the query itself. */
export const isSymbolCapture = (capture: string): boolean =>
  capture.startsWith("_") || PART_CAPTURES.includes(capture) || KINDS.has(capture.split(".")[0] ?? "");

/**
 * All definitions by their node. Patterns that say the same of one node add up in their names; of others the one that
 * stands last in the file counts.
 */
export function definitionsIn(query: Query, tree: Tree, flat: FlatTree): Map<number, Definition> {
  const found = new Map<number, Definition>();
  for (const { captures, patternIndex } of query.matches(tree.rootNode)) {
    const whole = captures.find(({ name }) => KINDS.has(kindOf(name)));
    if (whole === undefined) continue;
    const at = indexOf(flat, whole.node);
    const kind = kindOf(whole.name) as UnitKind;
    const role = whole.name.slice(kind.length + 1) || null;
    const known = found.get(at);
    const same = known !== undefined && known.kind === kind && known.role === role;
    if (!same && known !== undefined && known.pattern > patternIndex) continue;
    const nothing = { names: [], parts: null, body: null, head: null, owner: null };
    const own: Definition = same ? known : { kind, role, pattern: patternIndex, ...nothing };
    own.pattern = Math.max(own.pattern, patternIndex);
    found.set(at, own);
    for (const { name, node } of captures) take(own, name, node, flat);
  }
  return found;
}

const kindOf = (capture: string): string => {
  const dot = capture.indexOf(".");
  return dot < 0 ? capture : capture.slice(0, dot);
};

function take(definition: Definition, capture: string, node: Node, flat: FlatTree): void {
  if (!PART_CAPTURES.includes(capture)) return;
  const at = indexOf(flat, node);
  if (capture === "parts") definition.parts = at;
  else if (capture === "body") definition.body = at;
  else if (capture === "head") definition.head = at;
  else if (capture === "owner") definition.owner = at;
  else if (!definition.names.includes(at)) definition.names.push(at);
}

/** Where a node of the parser's stands in the flat tree. */
export function indexOf(flat: FlatTree, { startIndex, endIndex, typeId }: Node): number {
  let [low, high] = [0, flat.count];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (flat.start[middle]! < startIndex) low = middle + 1;
    else high = middle;
  }
  for (let at = low; at < flat.count && flat.start[at] === startIndex; at += 1)
    if (flat.end[at] === endIndex && flat.type[at] === typeId) return at;
  throw new Error(`Cannot find a node of the tree: nothing is at ${startIndex}`);
}
