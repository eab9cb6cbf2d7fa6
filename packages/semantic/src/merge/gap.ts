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
  const { pieces } = mergeLines(texts, spans as Three<Span>);
  return pieces === null ? { clash: spans } : { pieces };
}

const breaks = (text: string) => text.split("\n").length - 1;

/** The side that alone still has it: the other one took it away, or never had it. */
function onlySide({ left, right }: Spans): "left" | "right" | null {
  if (left === null) return "right";
  return right === null ? "left" : null;
}

/**
 * A gap where it stands now. What was first in its text has no line end in front of it: it gets the blank lines that
 * stand behind it there. What is first now loses those that it had.
 */
export function fitGap(
  texts: Three<string>,
  gap: readonly Piece[],
  place: { first: boolean; next: Piece | null },
): Piece[] {
  const [head] = gap;
  const text = head && "from" in head ? slice(texts[head.from], head.span) : "";
  if (place.first) return trimFront(gap, text);
  if (gap.some((piece) => "from" in piece && slice(texts[piece.from], piece.span).includes("\n"))) {
    if (/^[ \t]*\n/.test(text)) return [...gap];
  }
  const lead = place.next === null ? null : leadOf(texts, place.next);
  return [lead ?? borrow(texts, "\n") ?? { marker: "\n" }, ...gap];
}

function trimFront(gap: readonly Piece[], text: string): Piece[] {
  const [head, ...rest] = gap;
  if (head === undefined || !("from" in head)) return [...gap];
  const blank = /^(?:[ \t]*\n)*/.exec(text)![0].length;
  return [{ from: head.from, span: [head.span[0] + blank, head.span[1]] }, ...rest];
}

/** The blank lines at the front of a gap, up to the line that its comment or its unit starts on. */
function leadOf(texts: Three<string>, gap: Piece): Piece | null {
  if (!("from" in gap)) return null;
  const [start] = gap.span;
  const length = /^(?:[ \t]*\n)*/.exec(slice(texts[gap.from], gap.span))![0].length;
  return length === 0 ? null : { from: gap.from, span: [start, start + length] };
}
