import type { Grammar } from "./grammar.ts";
import type { SyntaxTree } from "./syntax_tree.ts";
import type { Hashes, Unit } from "./unit.ts";
import { hashes, hashOf, textHash } from "./units/hashes.ts";
import { type Head, headOf, type Keyed } from "./units/heads.ts";
import { keysOf } from "./units/keys.ts";
import { type Draft, outline } from "./units/outline.ts";
import { signatureOf } from "./units/signature.ts";
import { readSource, type Source } from "./units/source.ts";

/** How many definitions may stand in one another. Each has its whole way in its key, and is a part of all around it. */
export const DEEPEST = 100;

/**
 * The units of a text, in its order: gaps, spans and what stands behind the last one are the whole of it. A text with
 * mistakes has units, too: what cannot be read is in statements. null: they are nested deeper than they may.
 */
export function unitsOf(grammar: Grammar, tree: SyntaxTree): Unit[] | null {
  const read = readDrafts(grammar, tree);
  if (read === null) return null;
  const { source, drafts, keys, hashed } = read;
  const unit = (draft: Draft): Unit => ({
    key: keys.get(draft)!,
    name: draft.name,
    kind: draft.kind,
    gap: draft.gap,
    span: draft.span,
    parts: draft.parts,
    hashes: hashed(draft),
    guards: draft.guards,
    signature: draft.callable === null ? null : signatureOf(source, { ...draft.callable, span: draft.span }),
    children: draft.children.map(unit),
  });
  return drafts.map(unit);
}

/**
 * The heads of the units of a text. The tree may be one of which not all was gone into.
 *
 * @returns null where what was not gone into has a say in them, or as `unitsOf`
 */
export function topOf(grammar: Grammar, tree: SyntaxTree): (Head | null)[] | null {
  const read = readDrafts(grammar, tree, true);
  if (read === null) return null;
  const { source, drafts, keys } = read;
  const { parent, shut } = source.flat;
  const isDefined = (at: number) => source.definitions.has(at) || source.definitions.has(parent[at]!);
  if (!shut.every((at) => isDefined(parent[at]!))) return null; // what has no name is known by all that it says
  const keyed = (draft: Draft): Keyed => {
    const { kind, name, span, children } = draft;
    return { kind, name, span, key: keys.get(draft)!, children: name === null ? children.map(keyed) : [] };
  };
  return drafts.map((draft) => headOf(keyed(draft)));
}

type Drafted = {
  source: Source;
  drafts: readonly Draft[];
  keys: ReadonlyMap<Draft, string>;
  hashed: (draft: Draft) => Hashes;
};

/** null: what is defined stands in one another deeper than it may. */
function readDrafts(grammar: Grammar, tree: SyntaxTree, top = false): Drafted | null {
  const source = readSource(grammar, tree, top);
  if (isTooDeep(source)) return null;
  const drafts = outline(source);
  const known = new Map<Draft, Hashes>();
  const hashed = (draft: Draft): Hashes => {
    const own = known.get(draft) ?? hashesOf(source, draft);
    known.set(draft, own);
    return own;
  };
  const keys = keysOf(drafts, (draft) => hashed(draft).syntax.slice(0, 8));
  return { source, drafts, keys, hashed };
}

function isTooDeep({ flat, definitions }: Source): boolean {
  if (definitions.size <= DEEPEST) return false;
  const depth = new Int32Array(flat.count);
  for (let at = 0; at < flat.count; at += 1) {
    const around = flat.parent[at]!;
    depth[at] = (around < 0 ? 0 : depth[around]!) + (definitions.has(at) ? 1 : 0);
    if (depth[at]! > DEEPEST) return true;
  }
  return false;
}

function hashesOf(source: Source, { definitions, name, gap, span, parts, nodes }: Draft): Hashes {
  const { text, tokens } = source;
  const names = name === null ? [] : definitions.flatMap((at) => source.definitions.get(at)?.names ?? []);
  const inside = parts.doc !== null && parts.doc[0] >= span[0];
  const without = [nodes.doc, nodes.doc < 0 ? -1 : source.flat.next[nodes.doc]!] as const;
  const whole = { stretch: span, from: nodes.first, without };
  const { full, nameless, leaves } = hashes(tokens, whole, names);
  return {
    text: textHash(text, gap, span),
    syntax: full,
    nameless,
    tokens: leaves,
    decorators: hashOf(tokens, parts.decorators, nodes.first),
    header: hashOf(tokens, parts.header, nodes.first),
    doc: parts.doc === null || inside ? hashOf(tokens, parts.doc, nodes.body + 1) : textHash(text, [0, 0], parts.doc),
    body: hashOf(tokens, parts.body, source.is.body(nodes.body) ? nodes.body + 1 : nodes.body),
  };
}
