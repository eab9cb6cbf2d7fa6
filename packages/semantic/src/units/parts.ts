import type { Parts, Span } from "../unit.ts";
import { decoratorsOf } from "./decorators.ts";
import type { Definition } from "./definitions.ts";
import { docBefore } from "./doc_comment.ts";
import type { Source } from "./source.ts";
import { childrenOf, stretchBehind, stretchOf, trimmedEnd } from "./stretch.ts";

/** `at` is the node that symbols.scm captured, `node` all of the unit, with what stands around it. */
export type Defined = { definition: Definition; at: number; node: number; gap: Span; span: Span };

/** The nodes of a unit: the first one that is its own, its body, and the documentation in that; -1: it has none. */
export type Nodes = { first: number; body: number; doc: number };

/**
 * Where the parts of a unit are, and the nodes that are its body and its documentation. Parts follow one another without
 * a gap; what is behind the last one closes the body. Documentation that is a comment in front stands in the unit's gap.
 */
export function partsOf(source: Source, own: Defined): { parts: Parts; inner: Omit<Nodes, "first"> } {
  const { flat, is, definitions } = source;
  const [start, end] = own.span;
  const decorators = decoratorsOf(source, own.node, start).map((at) => flat.end[at]!);
  const from = Math.max(start, ...decorators);
  const before = docBefore(source.text, own.gap, source.units.doc_comments);
  const cut = { decorators: decorators.length === 0 ? null : ([start, from] as Span), doc: before };
  const body = bodyOf(source, own);
  if (body < 0) return { parts: { ...cut, header: [from, end], body: null }, inner: { body, doc: -1 } };
  const { head: last } = own.definition;
  const stretch = last === null ? stretchOf(source, body) : stretchBehind(source, last, body);
  const head = Math.max(from, stretch.from);
  const first = childrenOf(flat, body).find((at) => !is.trivia(at) && !is.anonymous(at));
  const documented = first !== undefined && is.body(body) && definitions.get(first)?.kind === "doc";
  const doc = documented ? trimmedEnd(flat, first) : head;
  const inside: Span = [doc, Math.max(doc, stretch.to)];
  const parts = {
    ...cut,
    header: [from, head] as Span,
    doc: documented ? ([head, doc] as Span) : before,
    body: inside,
  };
  return { parts, inner: { body, doc: documented ? first : -1 } };
}

/** The body that a query names, else the field of that name, else the value that is given. */
function bodyOf(source: Source, { definition, at }: Defined): number {
  if (definition.body !== null) return definition.body;
  if (definition.head !== null) return at;
  const body = source.field(definition.parts ?? at, source.units.fields.body);
  return body >= 0 ? body : (source.units.values.map((field) => source.field(at, field)).find((own) => own >= 0) ?? -1);
}
