import { NAMELESS, type Parts, type Span, type UnitKind } from "../unit.ts";
import { meaningOf } from "./decorators.ts";
import type { Definition } from "./definitions.ts";
import { type Nodes, partsOf } from "./parts.ts";
import { plainText } from "./plain_text.ts";
import type { Source } from "./source.ts";
import { childrenOf, ownEnd, type Stretch, stretchOf, unitsBelow } from "./stretch.ts";

/**
 * A unit before it has a key. `definitions` are what symbols.scm captured in it, several where one statement binds several
 * names. `label` is what a unit without a name is known by.
 */
export type Draft = {
  kind: UnitKind;
  role: string | null;
  name: string | null;
  label: string | null;
  definitions: readonly number[];
  gap: Span;
  span: Span;
  parts: Parts;
  guards: readonly string[];
  nodes: Nodes;
  callable: Callable | null;
  children: readonly Draft[];
};
export type Callable = { definition: Definition; at: number; node: number };

/** Where units are looked for: the children of a node, within a stretch of the text that they have to tile. */
type Scope = { node: number; stretch: Span; inside: UnitKind | null; guards: readonly string[] };

/** The units of a whole text. */
export const outline = (source: Source): Draft[] =>
  draftsIn(source, { node: 0, stretch: [0, source.flat.text.length], inside: null, guards: [] });

function draftsIn(source: Source, scope: Scope): Draft[] {
  const { flat } = source;
  const drafts: Draft[] = [];
  let decorated = -1; // the first decorator of the unit that comes
  let end = scope.stretch[0];
  for (const at of unitsBelow(source, scope.node)) {
    if (flat.start[at]! < scope.stretch[0]) continue;
    if (flat.end[at]! > scope.stretch[1] && ownEnd(source, at) > scope.stretch[1]) continue;
    if (source.is.decorator(at)) {
      if (decorated < 0) decorated = at;
    } else if (source.is.trivia(at) || source.is.anonymous(at)) {
      const last = drafts.at(-1);
      if (last && decorated < 0 && trails(source, last, at)) {
        end = flat.end[at]!;
        drafts[drafts.length - 1] = { ...last, span: [last.span[0], end] };
      }
    } else if (flat.end[at]! > flat.start[at]!) {
      const draft = draftOf(source, { node: at, first: decorated < 0 ? at : decorated, gapFrom: end, scope });
      drafts.push(draft);
      end = draft.span[1];
      decorated = -1;
    }
  }
  return drafts;
}

/** A comment on the line on which a unit ends is its own, and so is the comma or the semicolon behind it. */
function trails({ flat, is, units }: Source, { span }: Draft, at: number): boolean {
  const between = flat.text.slice(span[1], flat.start[at]);
  const token = flat.text.slice(flat.start[at], flat.end[at]);
  // What separates units is no unit's own, and what stands behind it is not behind the unit.
  if (/[\r\n]/.test(between) || [between.trim(), token].some((own) => units.separators.includes(own))) return false;
  return is.trivia(at) || /^[;,]$/.test(token);
}

type Found = { node: number; first: number; gapFrom: number; scope: Scope };

function draftOf(source: Source, found: Found): Draft {
  const { flat } = source;
  const { node, first, gapFrom, scope } = found;
  const definitions = definitionsBelow(source, node);
  const start = flat.start[first]!;
  const span: Span = [start, ownEnd(source, node)];
  const nodes = { first, body: -1, doc: -1 };
  const base = { gap: [gapFrom, start] as Span, span, guards: scope.guards, definitions, nodes };
  if (source.is.block(node) && (definitions.length === 0 || opens(source, node)))
    return blockOf(source, found, { ...base, definitions: [] });
  const definition = definitions.length === 1 ? source.definitions.get(definitions[0]!)! : null;
  if (definition === null && definitions.length === 0)
    return { ...base, ...plain(span), kind: "statement", role: null, name: null, label: null };
  if (definition === null)
    return { ...base, ...plain(span), kind: within("variable", scope.inside), ...manyNames(source, definitions) };
  return defined(source, { definition: definition!, base, scope, node });
}

/** Whether what else stands around one definition has brackets here, so that it holds any number of them. */
const opens = ({ flat, tables }: Source, node: number): boolean =>
  childrenOf(flat, node).some((at) => OPENING.has(tables.tokens[flat.type[at]!] ?? ""));
const OPENING: ReadonlySet<string> = new Set(["(", "{"]);

type Base = Pick<Draft, "gap" | "span" | "guards" | "definitions" | "nodes">;
const plain = (span: Span) => ({
  parts: { decorators: null, header: span, doc: null, body: null },
  callable: null,
  children: [],
});

function manyNames(source: Source, definitions: readonly number[]) {
  const names = definitions.flatMap((at) => source.definitions.get(at)!.names.map((own) => nameText(source, own)));
  return { role: null, name: names.join(", "), label: null };
}

function defined(source: Source, own: { definition: Definition; base: Base; scope: Scope; node: number }): Draft {
  const { definition, base, scope } = own;
  const meaning = meaningOf(source, own.node, base.span[0]);
  const kind = within(meaning.kind ?? definition.kind, scope.inside);
  const name = nameOf(source, definition, kind);
  const role = meaning.role ?? definition.role;
  const at = base.definitions[0]!;
  if (source.top) return { ...base, ...plain(base.span), kind, role, name, label: labelOf(source, at, kind) };
  const { parts, inner } = partsOf(source, { definition, at, node: own.node, gap: base.gap, span: base.span });
  const below = parts.body && { node: inner.body, stretch: parts.body, inside: kind, guards: [] };
  const holds = HOLDERS.has(kind) || (kind === "type" && source.is.body(inner.body));
  const list = holds ? draftsIn : CALLABLES.has(kind) ? nested : null;
  const children = below === null || list === null ? [] : ownUnits(kind, list(source, below));
  const callable = CALLABLES.has(kind) ? { definition, at, node: own.node } : null;
  return {
    ...base,
    kind,
    role,
    name,
    label: labelOf(source, at, kind),
    parts,
    nodes: { ...base.nodes, ...inner },
    callable,
    children,
  };
}

/** What a key holds is units only where it is keys: in a value there may be anything. */
const ownUnits = (kind: UnitKind, drafts: readonly Draft[]): readonly Draft[] =>
  kind === "key" && drafts.every(({ name }) => name === null) ? [] : drafts;

const HOLDERS: ReadonlySet<UnitKind> = new Set(["class", "interface", "enum", "namespace", "key"]);
const CALLABLES: ReadonlySet<UnitKind> = new Set(["function", "method", "property"]);
const UNNAMED: ReadonlySet<UnitKind> = new Set(["import", "export", "doc", "statement"]);

/** What a thing is called depends on what it is in. */
function within(kind: UnitKind, inside: UnitKind | null): UnitKind {
  const classlike = inside === "class" || inside === "interface" || inside === "type" || inside === "enum";
  if (classlike && kind === "function") return "method";
  if (classlike && kind === "variable") return "field";
  return kind;
}

function nameOf(source: Source, { names, owner }: Definition, kind: UnitKind): string | null {
  if (UNNAMED.has(kind)) return null;
  const name = names.length === 0 ? NAMELESS : names.map((at) => nameText(source, at)).join(", ");
  return owner === null ? name : `${nameText(source, owner)}.${name}`;
}

const nameText = ({ flat }: Source, at: number): string =>
  flat.text
    .slice(flat.start[at], flat.end[at])
    .replace(/^(["'])(.*)\1$/s, "$2")
    .replace(/\s+/g, " ");

/** Imports and exports are known by the module that they name, and imports of none by what they say. */
function labelOf(source: Source, at: number, kind: UnitKind): string | null {
  if (kind === "doc") return "doc";
  if (kind !== "import" && kind !== "export") return null;
  const { role, names } = source.definitions.get(at)!;
  const name = names.map((own) => nameText(source, own)).join(", ");
  if (kind === "export") return ["export", role, name && `from ${name}`].filter(Boolean).join(" ");
  return name ? [role, `from ${name}`].filter(Boolean).join(" ") : clip(plainText(source, at).replace(/;$/, ""));
}

const LABEL_MAX = 100;
const clip = (text: string): string => (text.length <= LABEL_MAX ? text : `${text.slice(0, LABEL_MAX)}…`);

const NONE: readonly number[] = [];

/** The definitions in a statement, down through what only stands around them. */
function definitionsBelow(source: Source, node: number): readonly number[] {
  if (source.definitions.has(node)) return [node];
  if (!source.is.wrapper(node)) return NONE;
  const found: number[] = [];
  for (let at = node + 1; at < source.flat.next[node]!; at = source.flat.next[at]!)
    if (!source.is.anonymous(at)) found.push(...definitionsBelow(source, at));
  return found;
}

/** Functions and classes in the body of a function. What stands between them is in their gaps. */
function nested(source: Source, { node, stretch, inside }: Scope): Draft[] {
  const { flat } = source;
  const drafts: Draft[] = [];
  let end = stretch[0];
  for (let at = node + 1; at < flat.next[node]!; ) {
    const found = source.is.body(flat.parent[at]!) ? definitionsBelow(source, at) : NONE;
    const kind = found.length === 1 ? source.definitions.get(found[0]!)!.kind : null;
    if (kind === null || !(HOLDERS.has(kind) || CALLABLES.has(kind))) {
      at += 1;
      continue;
    }
    const scope: Scope = { node, stretch, inside, guards: [] };
    const draft = draftOf(source, { node: at, first: at, gapFrom: end, scope });
    drafts.push(draft);
    end = draft.span[1];
    at = flat.next[at]!;
  }
  return drafts;
}

/** A block that stands around statements: with several clauses each is a unit in it. Its names are those of its scope. */
function blockOf(source: Source, { node, scope }: Found, base: Base): Draft {
  const clauses = clausesOf(source, node);
  const whole = () =>
    source.is.body(node) ? source.tables.names[source.flat.type[node]!]! : clip(plainText(source, node));
  const label = clauses[0]?.head || whole();
  const block = { ...base, kind: "statement", role: null, name: null, label, callable: null } as const;
  const inner = clauses.map(({ body, headEnd, end, head }, at) => {
    const guard = at === 0 ? label : `${label}: ${head}`;
    const guards = [...scope.guards, guard];
    return draftsIn(source, { node: body, stretch: [headEnd, end], inside: scope.inside, guards });
  });
  const [first] = clauses;
  const empty = inner.flat().every(({ kind, children }) => kind === "statement" && children.length === 0);
  if (first === undefined || empty) return { ...block, parts: headAndBody(base.span, first?.headEnd), children: [] };
  const nodes = { ...base.nodes, body: first.body };
  if (clauses.length === 1)
    return { ...block, nodes, parts: headAndBody([base.span[0], first.end], first.headEnd), children: inner[0]! };
  let end = base.span[0];
  const children = clauses.map((clause, at): Draft => {
    const span: Span = [clause.start, clause.end];
    const own = { span, gap: [end, clause.start] as Span, nodes: { first: clause.node, body: clause.body, doc: -1 } };
    end = clause.end;
    const named = at === 0 ? `${label}:` : `${label}: ${clause.head}`;
    return { ...block, ...own, label: named, parts: headAndBody(span, clause.headEnd), children: inner[at]! };
  });
  return { ...block, parts: headAndBody([base.span[0], end], base.span[0]), children };
}

const headAndBody = ([start, end]: Span, at: number | undefined): Parts => ({
  decorators: null,
  header: [start, at ?? end],
  doc: null,
  body: at === undefined ? null : [at, end],
});

/** Of a block without a head: all of it, or what is between its braces. */
function ownStretch(source: Source, node: number): Stretch {
  const { from, to } = stretchOf(source, node);
  return { from: Math.max(from, source.flat.start[node]!), to: Math.min(to, ownEnd(source, node)) };
}

/** One part of a block (`if`, `else`), with its own head. */
type Clause = { node: number; start: number; head: string; headEnd: number; body: number; end: number };

function clausesOf(source: Source, node: number): Clause[] {
  const { flat, is } = source;
  return [node, ...childrenOf(flat, node).filter(is.clause)].flatMap((part): Clause[] => {
    const body = is.body(part) ? part : childrenOf(flat, part).find(is.body);
    if (body === undefined) return [];
    const { from, to } = body === part ? ownStretch(source, part) : stretchOf(source, body);
    const start = flat.start[part]!;
    const head = clip(plainText(source, part, [start, from]).replace(/\s*[:{]$/, ""));
    return [{ node: part, start, head, headEnd: from, body, end: to }];
  });
}
