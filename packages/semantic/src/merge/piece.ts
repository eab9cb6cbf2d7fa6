import type { Side } from "../finding.ts";
import type { Span } from "../unit.ts";

/** The three texts of a merge. Left is what is there already (the target), right what comes (the task). */
export const SOURCES = ["base", "left", "right"] as const;
export type Source = (typeof SOURCES)[number];
export type Three<T> = Readonly<Record<Source, T>>;

/** A stretch of one of the three texts; or the line of a conflict marker, which no text has. */
export type Piece = { from: Source; span: Span } | { marker: string };

export const three = <T>(each: (source: Source) => T): Three<T> => ({
  base: each("base"),
  left: each("left"),
  right: each("right"),
});

/** Pieces that follow one another in one text are one; what is empty is left out. */
export function joinPieces(pieces: readonly Piece[]): Piece[] {
  const joined: Piece[] = [];
  for (const piece of pieces) {
    const last = joined.at(-1);
    if ("marker" in piece) joined.push(piece);
    else if (piece.span[0] === piece.span[1]) continue;
    else if (last && "from" in last && last.from === piece.from && last.span[1] === piece.span[0])
      joined[joined.length - 1] = { from: piece.from, span: [last.span[0], piece.span[1]] };
    else joined.push(piece);
  }
  return joined;
}

export const textOf = (texts: Three<string>, pieces: readonly Piece[]): string =>
  pieces.map((piece) => ("marker" in piece ? piece.marker : slice(texts[piece.from], piece.span))).join("");

export const slice = (text: string, [start, end]: Span): string => text.slice(start, end);

/** The first place where a text has a word, as a piece: what has to be put in is taken from somewhere, too. */
export function borrow(texts: Three<string>, word: string): Piece | null {
  for (const from of SOURCES) {
    const at = texts[from].indexOf(word);
    if (at >= 0) return { from, span: [at, at + word.length] };
  }
  return null;
}

export const other = (side: Side): Side => (side === "left" ? "right" : "left");
