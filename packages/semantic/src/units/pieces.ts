import { commonPairs, type Pair } from "../merge/diff.ts";
import type { Summary } from "../summary.ts";
import type { Span, Unit } from "../unit.ts";
import { unitsAlone } from "../units_alone.ts";

/** A text that was looked at. */
export type Earlier = { text: string; summary: Summary };

/**
 * A stretch of a later text that is looked at by itself.
 *
 * `start`  where it begins in the later text
 * `units`  which of the earlier units it stands for: the first one, and the first one behind them
 * `edges`  which of these, the first and the last, are not changed: how they come out says whether what is around the others
 *          has a say in what they are
 */
export type Piece = { text: string; start: number; units: Span; edges: readonly [first: boolean, last: boolean] };

/** What is longer, or changed in most places, is looked at as a whole. */
const CHARS_MAX = 200_000;
const SHARE_MAX = 0.7;

/**
 * What of a later text has to be looked at, where it is known what an earlier one says: each unit that was changed, with the
 * one in front of it and the one behind it. null: all of it. `joined` makes what the whole says of what the pieces say.
 */
export function piecesOf({ text: was, summary }: Earlier, text: string): Piece[] | null {
  const { units, faults } = summary;
  if (faults.length > 0 || units.length === 0 || Math.max(was.length, text.length) > CHARS_MAX) return null;
  if (!keysStandAlone(units)) return null;
  const pieces = changedUnits(was, text, units).map((changed) => pieceOf(changed, text, units));
  const chars = pieces.reduce((sum, piece) => sum + piece.text.length, 0);
  return pieces.length === 0 || chars > text.length * SHARE_MAX ? null : pieces;
}

/**
 * What `analyse` says of the later text at depth "units", to the last letter.
 *
 * @param found what it says of each piece
 * @returns null where that cannot be told of pieces: the whole has to be looked at
 */
export function joined(earlier: Earlier, pieces: readonly Piece[], found: readonly Summary[]): Summary | null {
  const { language, version, units } = earlier.summary;
  const all: Unit[] = [];
  let [next, moved] = [0, 0];
  for (const [at, piece] of pieces.entries()) {
    const own = found[at];
    if (own?.language !== language || own.version !== version || own.faults.length > 0) return null;
    const [first, behind] = piece.units;
    const start = units[first]!.gap[0] + moved;
    const inside = betweenEdges(own.units, piece, units);
    if (inside === null || start !== piece.start) return null;
    all.push(...movedBy(units.slice(next, first + (piece.edges[0] ? 1 : 0)), moved), ...movedBy(inside, start));
    next = behind - (piece.edges[1] ? 1 : 0);
    moved = piece.start + piece.text.length - units[behind - 1]!.span[1];
  }
  all.push(...movedBy(units.slice(next), moved));
  return keysStandAlone(all) ? unitsAlone({ language, version, units: all, faults: [] }) : null;
}

/**
 * A key counts those of its name before it, and of an overload it hangs on the others: where there is either, or two have one
 * key, a unit cannot be named without the others.
 */
function keysStandAlone(units: readonly Unit[]): boolean {
  const keys = new Set<string>();
  const stands = ({ key, kind, children }: Unit): boolean => {
    if (kind === "key" || keys.has(key) || COUNTS.test(key)) return false;
    keys.add(key);
    return children.every(stands);
  };
  return units.every(stands);
}

const COUNTS = /#\d+$|\.overload\b/;

/** Units that are changed, and how much further behind what stands before them, and behind them, is in the later text. */
type Changed = { units: [first: number, last: number]; moved: readonly [before: number, behind: number] };

/**
 * Which units were changed, as far as the text tells: never fewer than there are. What is put between two is told of the first
 * of them.
 */
function changedUnits(was: string, text: string, units: readonly Unit[]): Changed[] {
  const all: Changed[] = [];
  for (const { from, to } of changedLines(was, text)) {
    const put = from[0] === to[0];
    const ends = units.findIndex(({ span }) => span[1] > from[0] || (put && span[1] === from[0]));
    const first = ends < 0 ? units.length - 1 : ends;
    const last = Math.max(
      first,
      units.findLastIndex(({ gap }) => gap[0] < to[0]),
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

function pieceOf({ units: [from, to], moved }: Changed, text: string, units: readonly Unit[]): Piece {
  const edges = [from > 0, to < units.length - 1] as const;
  const [first, last] = [from - (edges[0] ? 1 : 0), to + (edges[1] ? 1 : 0)];
  const start = edges[0] ? units[first]!.gap[0] + moved[0] : 0;
  const end = edges[1] ? units[last]!.span[1] + moved[1] : text.length;
  return { text: text.slice(start, end), start, units: [first, last + 1], edges };
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

/** The units of a piece that stand between its edges; null: an edge is not what it was, so what is around has a say. */
function betweenEdges(found: readonly Unit[], { units: [first, behind], edges }: Piece, units: readonly Unit[]) {
  const [own, last] = [found[0], found.at(-1)];
  if (found.length < (edges[0] ? 1 : 0) + (edges[1] ? 1 : 0)) return null;
  if (edges[0] && !isSame(own, units[first]!)) return null;
  if (edges[1] && !isSame(last, units[behind - 1]!)) return null;
  return found.slice(edges[0] ? 1 : 0, edges[1] ? -1 : undefined);
}

/** Whether a unit is what it was, wherever it stands: its key says nothing where the others are not around. */
function isSame(unit: Unit | undefined, was: Unit): boolean {
  if (unit === undefined) return false;
  const moved = movedBy([unit], was.gap[0] - unit.gap[0]);
  const said = (one: unknown) => JSON.stringify(one, (name, value) => (name === "key" ? null : value));
  return said(moved[0]) === said(was);
}

/** The same units so many characters further behind. */
function movedBy(units: readonly Unit[], by: number): readonly Unit[] {
  if (by === 0) return units;
  const moved = (span: Span): Span => [span[0] + by, span[1] + by];
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
