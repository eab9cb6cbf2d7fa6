import type { Query } from "../query/query.ts";
import type { SyntaxTree } from "../syntax_tree.ts";
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
export function definitionsIn(query: Query, tree: SyntaxTree): Map<number, Definition> {
  const found = new Map<number, Definition>();
  query.matches(tree, (captures, pattern) => {
    const whole = captures.find(isKind);
    if (whole === undefined) return;
    const kind = kindOf(whole.name) as UnitKind;
    const role = whole.name.slice(kind.length + 1) || null;
    const known = found.get(whole.at);
    const same = known !== undefined && known.kind === kind && known.role === role;
    if (!same && known !== undefined && known.pattern > pattern) return;
    const nothing = { names: [], parts: null, body: null, head: null, owner: null };
    const own: Definition = same ? known : { kind, role, pattern, ...nothing };
    own.pattern = Math.max(own.pattern, pattern);
    found.set(whole.at, own);
    for (const { name, at } of captures) take(own, name, at);
  });
  return found;
}

const isKind = ({ name }: { name: string }): boolean => KINDS.has(kindOf(name));

const kindOf = (capture: string): string => {
  const dot = capture.indexOf(".");
  return dot < 0 ? capture : capture.slice(0, dot);
};

function take(definition: Definition, capture: string, at: number): void {
  if (capture === "parts") definition.parts = at;
  else if (capture === "body") definition.body = at;
  else if (capture === "head") definition.head = at;
  else if (capture === "owner") definition.owner = at;
  else if (capture === "name" && !definition.names.includes(at)) definition.names.push(at);
}
