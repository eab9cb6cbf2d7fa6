import type { Span } from "../unit.ts";
import { mergeLines } from "./line_merge.ts";
import type { Slot } from "./match.ts";
import { borrow, type Piece, type Source, slice, type Three, three } from "./piece.ts";
import { pieceOf, type Spans, sideOf } from "./three_texts.ts";

/** What stands in front of a unit; `clash`: both sides changed a comment there, and only a person knows which is right. */
export type Gap = { pieces: readonly Piece[] } | { clash: Spans };

/** Merges the blank lines and comments in front of a unit: blank ones yield to comments, and fewer to more. */
export function mergeGap(texts: Three<string>, slot: Slot): Gap {
  return mergeLayout(
    texts,
    three((from) => slot.units[from]?.gap ?? null),
  );
}

/** The same for any stretch of blank lines and comments. */
export function mergeLayout(texts: Three<string>, spans: Spans): Gap {
  const text = (from: Source) => (spans[from] === null ? "" : slice(texts[from], spans[from]));
  const side = onlySide(spans) ?? sideOf(texts, spans);
  if (side !== null) return { pieces: pieceOf(side === "same" ? "left" : side, spans) };
  const comments = three((from) => text(from).replace(/\s+/g, " ").trim());
  const more = breaks(text("right")) > breaks(text("left")) ? "right" : "left";
  if (comments.left === comments.right) return { pieces: pieceOf(more, spans) };
  if (comments.left === comments.base) return { pieces: pieceOf("right", spans) };
  if (comments.right === comments.base) return { pieces: pieceOf("left", spans) };
  if (spans.base === null && comments.left === "") return { pieces: pieceOf("right", spans) };
  if (spans.base === null && comments.right === "") return { pieces: pieceOf("left", spans) };
  if (spans.base === null) return { clash: spans };
  const { pieces } = mergeLines(texts, spans as Three<Span>);
  return pieces === null ? { clash: spans } : { pieces };
}

const breaks = (text: string) => text.split("\n").length - 1;

/** The side that alone still has it: the other one took it away, or never had it. */
function onlySide({ left, right }: Spans): "left" | "right" | null {
  if (left === null) return "right";
  return right === null ? "left" : null;
}

/** Where a unit stands now: `lead` is a gap whose blank lines it takes over; null: it is the first in its text. */
export type Place = { lead: Piece | null };

/**
 * A gap at the beginning of a scope, or no longer there: it has the blank lines that belong there, and keeps its comments.
 */
export function fitGap(texts: Three<string>, gap: readonly Piece[], { lead }: Place): Piece[] {
  const [head, ...rest] = gap;
  const own = head !== undefined && "from" in head ? head : null;
  const bare: Piece[] =
    own === null ? [] : [{ from: own.from, span: [own.span[0] + blankIn(texts, own), own.span[1]] }];
  if (lead === null) return [...bare, ...rest];
  const length = "from" in lead ? blankIn(texts, lead) : 0;
  if (length === 0 || !("from" in lead)) return [borrow(texts, "\n") ?? { marker: "\n" }, ...bare, ...rest];
  return [{ from: lead.from, span: [lead.span[0], lead.span[0] + length] }, ...bare, ...rest];
}

/** How much of a gap is blank, up to the line that its comment or its unit starts on. */
const blankIn = (texts: Three<string>, gap: { from: Source; span: Span }): number =>
  /^(?:[ \t]*\n)*/.exec(slice(texts[gap.from], gap.span))![0].length;

/** A blank gap as it is between others of its list: `model` is one of those, if it is blank, too. */
export function inLayout(
  texts: Three<string>,
  gap: readonly Piece[],
  model: { from: Source; span: Span },
): readonly Piece[] {
  const blank = (pieces: readonly Piece[]) =>
    pieces.every((piece) => "from" in piece && slice(texts[piece.from], piece.span).trim() === "");
  return blank(gap) && blank([model]) ? [model] : gap;
}
