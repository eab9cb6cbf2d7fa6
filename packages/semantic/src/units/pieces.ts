import { commonPairs, type Pair } from "../merge/diff.ts";
import type { Summary } from "../summary.ts";
import type { Span, Unit } from "../unit.ts";
import { unitsAlone } from "../units_alone.ts";
import { type Head, type Heads, headOf, headsIn } from "./heads.ts";

/** A text of which it is known what stands at its top. */
export type Earlier = { text: string; heads: Heads };

/** A part of a text, and where it begins in it. */
export type Part = { text: string; start: number };

/**
 * A stretch of a text that was changed, which is looked at by itself as it was and as it is.
 *
 * `units`  which of the earlier units it stands for: the first one, and the first one behind them
 * `edges`  which of these, the first and the last, are not changed: how they come out says whether what is around the others
 *          has a say in what they are
 */
export type Piece = { was: Part; is: Part; units: Span; edges: readonly [first: boolean, last: boolean] };

/** What a piece says, as it was and as it is. */
export type PieceFound = { was: Summary; is: Summary };

/**
 * What became of a text: the changed units of both, with some between them that say the same in both, and what stands at the
 * top of the later one.
 */
export type ChangedUnits = { was: Summary; is: Summary; heads: Heads };

/** What is longer, or changed in most places, is looked at as a whole. */
const CHARS_MAX = 200_000;
const SHARE_MAX = 0.7;

/**
 * What of two texts has to be looked at to know what became of their units, where it is known what stands at the top of the
 * earlier one: each unit that was changed, with the one in front of it and the one behind it. null: all of both.
 */
export function piecesOf({ text: was, heads }: Earlier, text: string): Piece[] | null {
  const units = heads.heads;
  if (units.length === 0 || Math.max(was.length, text.length) > CHARS_MAX) return null;
  const pieces = changedUnits(was, text, units).map((changed) => pieceOf(changed, [was, text], units));
  const chars = pieces.reduce((sum, { is }) => sum + is.text.length, 0);
  return pieces.length === 0 || chars > text.length * SHARE_MAX ? null : pieces;
}

/**
 * What becomes of the units between the two texts is what `analyse` of the whole of both says, to the last letter.
 *
 * @param found what `analyse` says of each piece at depth "units"
 * @returns null where that cannot be told of pieces: the whole has to be looked at
 */
export function joined(earlier: Earlier, pieces: readonly Piece[], found: readonly PieceFound[]): ChangedUnits | null {
  const { language, version, heads: units } = earlier.heads;
  const [before, after]: [Unit[], Unit[]] = [[], []];
  const heads: (Head | null)[] = [];
  let [next, moved] = [0, 0];
  for (const [at, piece] of pieces.entries()) {
    const inside = insideOf(piece, found[at]!, earlier.heads);
    const [first, behind] = piece.units;
    const start = gapAt(units, first) + moved;
    if (inside === null || start !== piece.is.start) return null;
    heads.push(...headsMoved(units.slice(next, first + (piece.edges[0] ? 1 : 0)), moved), ...inside.is.map(headOf));
    before.push(...inside.was);
    after.push(...inside.is);
    next = behind - (piece.edges[1] ? 1 : 0);
    moved = piece.is.start + piece.is.text.length - units[behind - 1]!.span[1];
  }
  const known = { language, version, faults: [] };
  const later = headsIn(known, [...heads, ...headsMoved(units.slice(next), moved)]);
  if (later === null) return null;
  return { was: unitsAlone({ ...known, units: before }), is: unitsAlone({ ...known, units: after }), heads: later };
}

/** Where the gap in front of a unit begins. */
const gapAt = (units: readonly Head[], at: number): number => units[at - 1]?.span[1] ?? 0;

/** Units that are changed, and how much further behind what stands before them, and behind them, is in the later text. */
type Changed = { units: [first: number, last: number]; moved: readonly [before: number, behind: number] };

/**
 * Which units were changed, as far as the text tells: never fewer than there are. What is put between two is told of the first
 * of them.
 */
function changedUnits(was: string, text: string, units: readonly Head[]): Changed[] {
  const all: Changed[] = [];
  for (const { from, to } of changedLines(was, text)) {
    const put = from[0] === to[0];
    const ends = units.findIndex(({ span }) => span[1] > from[0] || (put && span[1] === from[0]));
    const first = ends < 0 ? units.length - 1 : ends;
    const last = Math.max(
      first,
      units.findLastIndex((_, at) => gapAt(units, at) < to[0]),
    );
    const before = all.at(-1);
    const behind = to[1] - to[0];
    if (before === undefined || first > before.units[1] + 1)
      all.push({ units: [first, last], moved: [from[1] - from[0], behind] });
    else
      all[all.length - 1] = {
        units: [before.units[0], Math.max(last, before.units[1])],
        moved: [before.moved[0], behind],
      };
  }
  return all;
}

function pieceOf(
  { units: [from, to], moved }: Changed,
  texts: readonly [was: string, is: string],
  units: readonly Head[],
): Piece {
  const edges = [from > 0, to < units.length - 1] as const;
  const [first, last] = [from - (edges[0] ? 1 : 0), to + (edges[1] ? 1 : 0)];
  const part = (text: string, [before, behind]: Pair): Part => {
    const start = edges[0] ? gapAt(units, first) + before : 0;
    return { text: text.slice(start, edges[1] ? units[last]!.span[1] + behind : text.length), start };
  };
  return { was: part(texts[0], [0, 0]), is: part(texts[1], moved), units: [first, last + 1], edges };
}

type Stretches = { from: Pair; to: Pair };

/** Stretches that are not the same, by where they begin and end in both texts. */
function changedLines(was: string, text: string): Stretches[] {
  const [front, back] = sameLines(was, text);
  const [left, right] = [was, text].map((own) => linesOf(own.slice(front, own.length - back))) as [string[], string[]];
  const found: Stretches[] = [];
  let from: Pair = [front, front];
  let line: Pair = [0, 0];
  const lengthOf = (lines: readonly string[], start: number, end: number) =>
    lines.slice(start, end).reduce((sum, one) => sum + one.length, 0);
  for (const pair of [...commonPairs(left, right), [left.length, right.length] as Pair]) {
    const to: Pair = [from[0] + lengthOf(left, line[0], pair[0]), from[1] + lengthOf(right, line[1], pair[1])];
    if (to[0] > from[0] || to[1] > from[1]) found.push(withoutEnds(was, text, { from, to }));
    const length = left[pair[0]]?.length ?? 0;
    from = [to[0] + length, to[1] + length];
    line = [pair[0] + 1, pair[1] + 1];
  }
  return found;
}

/** How many characters of whole lines are the same in front and at the end: nearly all of a text that was edited. */
function sameLines(was: string, text: string): [front: number, back: number] {
  const most = Math.min(was.length, text.length);
  const same = longest(most, (count) => was.slice(0, count) === text.slice(0, count));
  const front = same === 0 ? 0 : was.lastIndexOf("\n", same - 1) + 1;
  const end = (own: string, count: number) => own.slice(own.length - count);
  const tail = longest(most - front, (count) => end(was, count) === end(text, count));
  const first = was.indexOf("\n", was.length - tail);
  return [front, tail === 0 || first < 0 ? 0 : was.length - first - 1];
}

/** The largest number up to `most` of which it holds; it holds of all that are smaller, too. */
function longest(most: number, holds: (count: number) => boolean): number {
  let [low, high] = [0, most];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (holds(middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** What of changed lines is the same in front and at the end is not changed. */
function withoutEnds(was: string, text: string, { from, to }: Stretches): Stretches {
  const most = Math.min(to[0] - from[0], to[1] - from[1]);
  let [front, back] = [0, 0];
  while (front < most && was[from[0] + front] === text[from[1] + front]) front += 1;
  while (back < most - front && was[to[0] - 1 - back] === text[to[1] - 1 - back]) back += 1;
  return { from: [from[0] + front, from[1] + front], to: [to[0] - back, to[1] - back] };
}

const linesOf = (text: string): string[] => text.split(/(?<=\n)/);

/**
 * The units of a piece that stand between its edges, where they stand in their texts. null: what is around has a say in
 * them, for the piece is not what it is in the whole of the earlier text, or an edge is not what it was.
 */
function insideOf(
  { was, is, units: [first, behind], edges }: Piece,
  found: PieceFound,
  { language, version, heads }: Heads,
) {
  const alike = (own: Summary) => own.language === language && own.version === version && own.faults.length === 0;
  if (!alike(found.was) || !alike(found.is)) return null;
  const [before, after] = [movedBy(found.was.units, was.start), movedBy(found.is.units, is.start)];
  if (JSON.stringify(before.map(headOf)) !== JSON.stringify(heads.slice(first, behind))) return null;
  const [front, back] = [edges[0] ? 1 : 0, edges[1] ? 1 : 0];
  if (after.length < front + back) return null;
  if (front === 1 && !isSame(after[0]!, before[0]!)) return null;
  if (back === 1 && !isSame(after.at(-1)!, before.at(-1)!)) return null;
  const between = (own: readonly Unit[]) => own.slice(front, own.length - back);
  return { was: between(before), is: between(after) };
}

/** Whether a unit is what it was, wherever it stands. */
const isSame = (unit: Unit, was: Unit): boolean =>
  JSON.stringify(movedBy([unit], was.gap[0] - unit.gap[0])) === JSON.stringify([was]);

/** The same units so many characters further behind. */
function movedBy(units: readonly Unit[], by: number): readonly Unit[] {
  if (by === 0) return units;
  const moved = (span: Span): Span => spanMoved(span, by);
  const orNull = (span: Span | null): Span | null => span && moved(span);
  return units.map((unit) => {
    const { decorators, header, doc, body } = unit.parts;
    return {
      ...unit,
      gap: moved(unit.gap),
      span: moved(unit.span),
      parts: {
        ...unit.parts,
        decorators: orNull(decorators),
        header: moved(header),
        doc: orNull(doc),
        body: orNull(body),
      },
      children: movedBy(unit.children, by),
    };
  });
}

const headsMoved = (heads: readonly Head[], by: number): readonly Head[] =>
  by === 0 ? heads : heads.map(({ keys, span }) => ({ keys, span: spanMoved(span, by) }));

const spanMoved = ([start, end]: Span, by: number): Span => [start + by, end + by];
