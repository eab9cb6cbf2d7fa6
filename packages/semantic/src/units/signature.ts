import { ERROR_TYPE } from "../flat_tree.ts";
import type { Parameter, Signature } from "../unit.ts";
import { decoratorOf, decoratorsOf } from "./decorators.ts";
import type { Defined } from "./parts.ts";
import { plainText } from "./plain_text.ts";
import type { UnitsProfile } from "./profile.ts";
import type { Source } from "./source.ts";
import { childrenOf } from "./stretch.ts";

/** What a call of a definition has to fit. null: it has no parameters that could be read. */
export function signatureOf(
  source: Source,
  own: Pick<Defined, "definition" | "at" | "node" | "span">,
): Signature | null {
  const at = own.definition.parts ?? own.at;
  const list = first(source, at, source.units.fields.parameters);
  if (list < 0) return null;
  const returns = first(source, at, source.units.fields.returns);
  return {
    parameters: parametersOf(source, list),
    returns: returns < 0 ? null : annotationText(source, returns),
    is_async: hasToken(source, at, source.units.async),
    is_generator: isGenerator(source, at),
    decorators: decoratorsOf(source, own.node, own.span[0]).map((node) => decoratorOf(source, node)),
  };
}

function parametersOf(source: Source, list: number): Parameter[] {
  const { flat, is } = source;
  const { kind, after_rest } = source.units.parameters;
  const nodes = flat.next[list] === list + 1 ? [list] : childrenOf(flat, list); // one without parentheses is the list
  let parameters: Parameter[] = [];
  let now: Parameter["kind"] = kind;
  for (const node of nodes) {
    if (is.anonymous(node) || is.trivia(node)) continue;
    const rule = ruleOf(source, node);
    const pattern = patternOf(source, node);
    const inner = ruleOf(source, pattern);
    if (rule?.ignored || inner?.ignored) continue;
    if (rule?.separates === "placed") parameters = parameters.map((own) => ({ ...own, kind: "placed" }));
    if (rule?.separates === "named") now = "named";
    if (rule?.separates !== undefined) continue;
    const own = rule?.kind ?? inner?.kind;
    for (const name of namesIn(source, node, pattern))
      parameters.push(
        parameterOf(source, node, { pattern: name, kind: own ?? now, optional: rule?.optional ?? false }),
      );
    if (own === "rest") now = after_rest;
  }
  return parameters;
}

type Read = { pattern: number; kind: Parameter["kind"]; optional: boolean };

function parameterOf(source: Source, node: number, { pattern, kind, optional }: Read): Parameter {
  const value = first(source, node, source.units.fields.default);
  const type = source.field(node, source.units.fields.type);
  return {
    name: plainText(source, pattern).replace(/^(\*\*?|\.\.\.)\s*/, ""),
    kind,
    default: value < 0 ? null : plainText(source, value),
    optional: optional || value >= 0,
    annotation: type < 0 ? null : annotationText(source, type),
  };
}

/** What a parameter binds: a name, or a pattern of several. */
function patternOf(source: Source, node: number): number {
  const { flat, is } = source;
  const field = first(source, node, source.units.fields.name);
  if (field >= 0) return field;
  if (source.field(node, source.units.fields.type) < 0) return node;
  return childrenOf(flat, node).find((at) => !is.anonymous(at) && !is.trivia(at)) ?? node;
}

/** Some languages give one type to several parameters: `a, b int`. */
function namesIn(source: Source, node: number, pattern: number): number[] {
  const { flat } = source;
  if (flat.parent[pattern] !== node || flat.field[pattern] === 0) return [pattern];
  return childrenOf(flat, node).filter((at) => flat.field[at] === flat.field[pattern] && !source.is.anonymous(at));
}

/** The first of these fields that is there; -1: none. */
function first(source: Source, node: number, fields: readonly string[]): number {
  for (const field of fields) {
    const at = source.field(node, field);
    if (at >= 0) return at;
  }
  return -1;
}

const annotationText = (source: Source, node: number): string => plainText(source, node).replace(/^:\s*/, "");

type Rule = UnitsProfile["parameters"]["nodes"][string];

function ruleOf({ flat, tables, units }: Source, node: number): Rule | undefined {
  const type = flat.type[node]!;
  return type === ERROR_TYPE ? undefined : units.parameters.nodes[tables.names[type]!];
}

const hasToken = ({ flat, tables }: Source, node: number, token: string | null): boolean =>
  token !== null && childrenOf(flat, node).some((at) => tables.tokens[flat.type[at]!] === token);

/** By a mark of its head, or by what stands in its body and in no function in it. */
function isGenerator(source: Source, node: number): boolean {
  const { flat, tables } = source;
  const { token, holds, not_in } = source.units.generator;
  if (token !== undefined && hasToken(source, node, token)) return true;
  if (holds.length === 0) return false;
  for (let at = node + 1; at < flat.next[node]!; ) {
    const name = tables.names[flat.type[at]!] ?? "";
    if (holds.includes(name)) return true;
    at = not_in.includes(name) ? flat.next[at]! : at + 1;
  }
  return false;
}
