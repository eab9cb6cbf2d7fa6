import type { Span } from "../unit.ts";
import { type Piece, type Source, slice, type Three } from "./piece.ts";

/** One stretch in each of the three texts that has it. */
export type Spans = Three<Span | null>;

/** The side whose text is right where the other left the base as it was, or both say the same; null: both changed it. */
export function sideOf(texts: Three<string>, spans: Spans): "left" | "right" | "same" | null {
  const text = (from: Source) => (spans[from] === null ? null : slice(texts[from], spans[from]));
  const [base, left, right] = [text("base"), text("left"), text("right")];
  if (left === right) return "same";
  if (right === base) return "left";
  return left === base ? "right" : null;
}

/** What a side has there; nothing, where it has nothing. */
export const pieceOf = (from: Source, spans: Spans): Piece[] =>
  spans[from] === null ? [] : [{ from, span: spans[from] }];

/** The words of a text: what is left when layout and signs are taken away. */
export const wordsOf = (text: string): string => (text.match(/\w+/g) ?? []).join(" ");
