import type { FindingKind, Side } from "../finding.ts";
import type { Span, Unit } from "../unit.ts";
import { mergeEntries } from "./entries.ts";
import { mergeLines } from "./line_merge.ts";
import type { Rule } from "./merged.ts";
import type { Job } from "./outcome.ts";
import { type Piece, type Source, slice, type Three, three } from "./piece.ts";
import { pieceOf, type Spans, sideOf, wordsOf } from "./three_texts.ts";

/** What became of a unit that both sides changed: how it was decided, or what kinds of conflict it is. */
export type MergedUnit =
  | { pieces: readonly Piece[]; rule: Rule; from: Source | null }
  | { clash: readonly FindingKind[] };

/** Merges a unit that both sides changed and that has no members: by its parts, its entries, or its lines. */
export function mergeUnit(job: Job, units: Three<Unit>): MergedUnit {
  const spans = three((from) => units[from].span);
  const entries = mergeEntries(job, spans, units.base.kind === "import");
  if (entries !== null && "pieces" in entries) return { pieces: entries.pieces, rule: "entries", from: null };
  const parts = mergeParts(job, units);
  if ("pieces" in parts) return parts;
  const yields = yielding(job, units);
  if (yields !== null) return { pieces: pieceOf(yields, spans), rule: "layout", from: yields };
  return entries === null || entries.clash.length === 0 ? parts : entries;
}

/** The side whose changes count, where the other's are of layout alone; null: there is none. */
export function yielding({ texts }: Job, { base, left, right }: Three<Unit>): Side | null {
  const words = (from: Source, unit: Unit) => wordsOf(slice(texts[from], unit.span));
  const layout = (from: Side, unit: Unit) =>
    unit.hashes.syntax === base.hashes.syntax &&
    unit.hashes.doc === base.hashes.doc &&
    words(from, unit) === words("base", base);
  if (layout("left", left)) return "right";
  return layout("right", right) ? "left" : null;
}

const PARTS = ["decorators", "header", "doc", "body"] as const;
type Part = (typeof PARTS)[number];

/** Decorators, header, doc and body, each with what stands between it and the part before: together they are the unit. */
export function partsOf({ span, parts }: Unit): Readonly<Record<Part, Span>> {
  const header = parts.decorators === null ? span[0] : parts.header[0];
  const doc = parts.header[1];
  const body = parts.doc === null ? doc : Math.max(parts.doc[1], doc); // in some languages it stands in the gap
  return { decorators: [span[0], header], header: [header, doc], doc: [doc, body], body: [body, span[1]] };
}

/** Merges the parts one by one: each as the side has it that changed it, or line by line. */
function mergeParts(job: Job, units: Three<Unit>): MergedUnit {
  const all = three((from) => partsOf(units[from]));
  const pieces: Piece[] = [];
  const merged = new Set<Rule>();
  for (const part of PARTS) {
    const spans = three((from) => all[from][part]);
    const own = mergePart(job, spans);
    if (own === null) return { clash: clashIn(part, units) };
    pieces.push(...own.pieces);
    merged.add(own.rule);
  }
  return { pieces, rule: merged.has("lines") ? "lines" : "parts", from: null };
}

/** One part, as the side has it that changed it, or line by line; null: both changed lines that touch. */
export function mergePart({ texts }: Job, spans: Three<Span>): { pieces: readonly Piece[]; rule: Rule } | null {
  const side = sideOf(texts, spans as Spans);
  if (side !== null) return { pieces: pieceOf(side === "same" ? "left" : side, spans), rule: "parts" };
  const { pieces } = mergeLines(texts, spans);
  return pieces === null ? null : { pieces, rule: "lines" };
}

function clashIn(part: Part, { base, left, right }: Three<Unit>): FindingKind[] {
  const drifted = part === "header" && base.signature !== null && left.signature !== null && right.signature !== null;
  return drifted ? ["same_symbol", "signature_drift"] : ["same_symbol"];
}
