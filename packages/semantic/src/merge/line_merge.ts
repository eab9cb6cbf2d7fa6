import type { Span } from "../unit.ts";
import { borrow, type Piece, type Source, slice, type Three, three } from "./piece.ts";
import { type Chunk, threeWay } from "./three_way.ts";

/** The lines of a stretch, without their ends: an empty stretch has none. */
export function linesIn(text: string, [start, end]: Span): Span[] {
  const lines: Span[] = [];
  if (start === end) return lines;
  for (let from = start; ; ) {
    const at = text.indexOf("\n", from);
    if (at < 0 || at >= end) return [...lines, [from, end]];
    lines.push([from, at]);
    from = at + 1;
  }
}

/**
 * Merges three stretches line by line. `pieces` null: both sides changed lines that touch, and nobody but a person
 * knows what is meant.
 */
export function mergeLines(texts: Three<string>, spans: Three<Span>): { pieces: Piece[] | null } {
  const lines = three((from) => linesIn(texts[from], spans[from]));
  const chunks = threeWay(three((from) => lines[from].map((line) => slice(texts[from], line))));
  if (chunks.some(({ is }) => is === "clash")) return { pieces: null };
  return {
    pieces: withEnds(
      texts,
      chunks.flatMap((chunk) => linesOf(chunk, lines)),
    ),
  };
}

type Line = { from: Source; span: Span };

function linesOf({ is, at }: Chunk, lines: Three<readonly Span[]>): Line[] {
  const from = is === "right" ? "right" : "left";
  const [start, end] = at[from];
  return lines[from].slice(start, end).map((span) => ({ from, span }));
}

/** Puts line ends between lines: the one behind a line in its own text, or, behind a text's last, one from elsewhere. */
export function withEnds(texts: Three<string>, lines: readonly Line[]): Piece[] {
  return lines.flatMap(({ from, span: [start, end] }, n): Piece[] => {
    if (n === lines.length - 1) return [{ from, span: [start, end] }];
    if (texts[from][end] === "\n") return [{ from, span: [start, end + 1] }];
    return [{ from, span: [start, end] }, borrow(texts, "\n") ?? { marker: "\n" }];
  });
}
