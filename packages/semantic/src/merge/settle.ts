import type { FindingKind, Side } from "../finding.ts";
import type { Span, Unit } from "../unit.ts";
import { mergeEntries } from "./entries.ts";
import type { Slot } from "./match.ts";
import type { Rule } from "./merged.ts";
import type { Job, Outcome } from "./outcome.ts";
import { other, type Piece, type Source, slice, type Three, three } from "./piece.ts";
import { pieceOf, sideOf, wordsOf } from "./three_texts.ts";
import { mergeUnit } from "./unit_merge.ts";
import { holds } from "./unit_texts.ts";

/** What became of one unit: how it was decided and what was inside; no pieces: it is gone. Or what conflict it is. */
export type Settled =
  | { pieces: readonly Piece[]; rule: Rule | "unchanged"; from: Source | null; inside: Outcome | null }
  | { clash: readonly FindingKind[] };

/** A unit merged by its members; null: it has none, or they are not all that both sides changed in one place. */
export type Inner = Outcome | null;

/** Decides one unit. `inside` merges what has members of its own. */
export function settleSlot(job: Job, slot: Slot, inside: (job: Job, units: Three<Unit>) => Inner): Settled {
  const { base, left, right } = slot.units;
  if (left === null && right === null) return { pieces: [], rule: "removed", from: null, inside: null };
  if (left === null || right === null) return base === null ? added(job, slot) : removed(job, slot, base);
  if (base === null) return addedTwice(job, left, right);
  const units = { base, left, right };
  const spans = three((from) => units[from].span);
  const side = sideOf(job.texts, spans);
  if (side === "same") {
    const touched = slice(job.texts.base, base.span) !== slice(job.texts.left, left.span);
    return { pieces: pieceOf("left", spans), rule: touched ? "same" : "unchanged", from: null, inside: null };
  }
  if (side !== null) return { pieces: pieceOf(side, spans), rule: "one_side", from: side, inside: null };
  if (slot.renamed.left && slot.renamed.right && left.name !== right.name) return { clash: ["rename_rename"] };
  const renamed = underNewName(job, slot, units);
  if (renamed !== null) return renamed;
  const members = holds(base) ? inside(job, units) : null;
  if (members !== null) return { pieces: members.pieces, rule: "members", from: null, inside: members };
  const whole = mergeUnit(job, units);
  return "clash" in whole ? whole : { ...whole, inside: null };
}

/** What one side added; of an import without the names that the other side no longer wants from anywhere. */
function added(job: Job, { units }: Slot): Settled {
  const from: Side = units.left === null ? "right" : "left";
  const { kind, span } = units[from]!;
  const unwanted = job.unimported[other(from)];
  if (kind === "import" && unwanted.size > 0) {
    const lists = job.listsIn(from, span);
    if (lists.some(({ entries }) => entries.some(({ key }) => unwanted.has(key)))) {
      const names = mergeEntries(job, { base: null, left: null, right: null, [from]: span }, true, unwanted);
      if (names !== null && "pieces" in names)
        return { pieces: names.pieces, rule: "entries", from: null, inside: null };
    }
  }
  return { pieces: [{ from, span: units[from]!.span }], rule: "added", from, inside: null };
}

/** One side took it away: so it goes, unless the other side changed it. */
function removed(job: Job, { units }: Slot, base: Unit): Settled {
  const kept: Side = units.left === null ? "right" : "left";
  const own = units[kept]!;
  const gone: Settled = { pieces: [], rule: "removed", from: other(kept), inside: null };
  const text = (from: Source, span: Span) => slice(job.texts[from], span);
  const comments = (from: Source, unit: Unit) => text(from, unit.gap).replace(/\s+/g, " ").trim();
  if (comments("base", base) === comments(kept, own)) {
    if (text("base", base.span) === text(kept, own.span)) return gone;
    const layout = own.hashes.syntax === base.hashes.syntax && own.hashes.doc === base.hashes.doc;
    if (layout && wordsOf(text("base", base.span)) === wordsOf(text(kept, own.span))) return gone;
  }
  if (own.kind !== "import") return { clash: ["modify_delete"] };
  const names = mergeEntries(job, { base: base.span, left: null, right: null, [kept]: own.span }, true);
  if (names === null || "clash" in names) return { clash: ["modify_delete"] };
  return { pieces: names.pieces, rule: "entries", from: null, inside: null };
}

function addedTwice(job: Job, left: Unit, right: Unit): Settled {
  const spans = { base: null, left: left.span, right: right.span };
  const [ours, theirs] = [slice(job.texts.left, left.span), slice(job.texts.right, right.span)];
  const alike = left.hashes.syntax === right.hashes.syntax && left.hashes.doc === right.hashes.doc;
  if (ours === theirs || (alike && wordsOf(ours) === wordsOf(theirs)))
    return { pieces: pieceOf("left", spans), rule: "same", from: null, inside: null };
  const names = left.kind === "import" ? mergeEntries(job, spans, true) : null;
  if (names === null || "clash" in names)
    return { clash: [left.kind === "key" ? "key_collision" : "duplicate_definition"] };
  return { pieces: names.pieces, rule: "entries", from: null, inside: null };
}

/** One side did nothing but give it another name: then it is what the other side says, under that name. */
function underNewName(job: Job, { renamed }: Slot, units: Three<Unit>): Settled | null {
  const side = renamed.left ? "left" : renamed.right ? "right" : null;
  if (side === null || units[side].hashes.nameless !== units.base.hashes.nameless) return null;
  const from = other(side);
  const [was, is] = [nameIn(job, "base", units.base), nameIn(job, side, units[side])];
  const own = nameIn(job, from, units[from]);
  if (was === null || is === null || own === null) return null;
  const [start, end] = units[from].span;
  const pieces: Piece[] = [
    { from, span: [start, own[0]] },
    { from: side, span: is },
    { from, span: [own[1], end] },
  ];
  return { pieces, rule: "renamed", from: null, inside: null };
}

/** Where a unit's name stands in it; null: not just once. */
function nameIn(job: Job, from: Source, { name, span }: Unit): Span | null {
  if (name === null) return null;
  const text = slice(job.texts[from], span);
  const word = new RegExp(`(?<![\\p{L}\\p{N}_$])${name.replace(/[^\p{L}\p{N}_]/gu, "\\$&")}(?![\\p{L}\\p{N}_$])`, "gu");
  const places = [...text.matchAll(word)];
  if (places.length !== 1) return null;
  const at = span[0] + places[0]!.index;
  return [at, at + name.length];
}
