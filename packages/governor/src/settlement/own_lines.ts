import type { Hunk } from "../git/line_changes.ts";

/** A text and what fixers made of it. `hunks` lead from `worked` to `fixed`. */
export type Fixed = { worked: string; fixed: string; hunks: readonly Hunk[] };

/** Lines (from 1) of a new text that a change touched; where it only removed, the lines around the place. */
export const touchedLines = (changed: readonly Hunk[]): ReadonlySet<number> =>
  new Set(changed.flatMap(({ to, to_count }) => (to_count > 0 ? span(to, to_count) : [to, to + 1])));

/** Whether a fix is on or beside lines that the change touched. */
export const isNear = ({ from, from_count }: Hunk, touched: ReadonlySet<number>): boolean =>
  (from_count > 0 ? span(from, from_count) : [from, from + 1]).some((line) => touched.has(line));

/**
 * The fixes that belong to a change: those near its lines, those that were not wanted before it (as an import that it
 * left without use), and whatever moves a line from or to one of these.
 *
 * @param wished what the same fixers do to the text before the change
 */
export function ownFixes(made: Fixed, touched: ReadonlySet<number>, wished: Fixed): Hunk[] {
  const before = new Map<string, number>();
  for (const hunk of wished.hunks) before.set(keyOf(wished, hunk), (before.get(keyOf(wished, hunk)) ?? 0) + 1);
  const own = new Set(
    made.hunks.filter((hunk) => {
      if (isNear(hunk, touched)) return true;
      if (isBlank(made, hunk)) return false; // it belongs to the lines beside it, which it is not seen from
      const left = before.get(keyOf(made, hunk)) ?? 0;
      before.set(keyOf(made, hunk), left - 1);
      return left <= 0;
    }),
  );
  for (let size = -1; size !== own.size; ) {
    size = own.size;
    const moved = unpaired(made, own);
    for (const hunk of made.hunks) if (movesAny(made, hunk, moved)) own.add(hunk);
  }
  return made.hunks.filter((hunk) => own.has(hunk));
}

/** The worked text with some of the fixes. */
export function applied({ worked, fixed }: Fixed, hunks: readonly Hunk[]): string {
  const [old, fresh] = [linesOf(worked), linesOf(fixed)];
  const parts: string[] = [];
  let at = 0;
  for (const { from, from_count, to, to_count } of hunks) {
    const begin = from_count > 0 ? from - 1 : from;
    parts.push(...old.slice(at, begin), ...fresh.slice(to - 1, to - 1 + to_count));
    at = begin + from_count;
  }
  return [...parts, ...old.slice(at)].join("");
}

/**
 * The same fixes in the smallest parts: lines side by side that were each only restyled are fixes of their own, and so is
 * each line that was taken out.
 */
export function refined(made: Fixed): Fixed {
  const [old, fresh] = [linesOf(made.worked), linesOf(made.fixed)];
  const hunks = made.hunks.flatMap(({ from, from_count, to, to_count }): Hunk[] => {
    const begin = { old: from_count > 0 ? from - 1 : from, fresh: to_count > 0 ? to - 1 : to };
    const end = { old: begin.old + from_count, fresh: begin.fresh + to_count };
    const pairs = from_count * to_count > PAIRS_MAX ? [] : alike(old, fresh, { begin, end });
    const parts: Hunk[] = [];
    let at = begin;
    for (const pair of [...pairs, end]) {
      parts.push(...between(at, pair));
      if (pair !== end && old[pair.old] !== fresh[pair.fresh]) parts.push(oneLine(pair));
      at = { old: pair.old + 1, fresh: pair.fresh + 1 };
    }
    return parts;
  });
  return { ...made, hunks };
}

const PAIRS_MAX = 1_000_000;

/** Places before a line of each text, from 0. */
type Spot = { old: number; fresh: number };
const oneLine = ({ old, fresh }: Spot): Hunk => ({ from: old + 1, from_count: 1, to: fresh + 1, to_count: 1 });

function between(begin: Spot, end: Spot): Hunk[] {
  const [from_count, to_count] = [end.old - begin.old, end.fresh - begin.fresh];
  const each = Array.from({ length: from_count }, (_, at) => ({ old: begin.old + at, fresh: begin.fresh + at }));
  if (from_count === to_count) return each.map(oneLine);
  if (to_count === 0) return each.map(({ old }) => ({ from: old + 1, from_count: 1, to: begin.fresh, to_count: 0 }));
  const from = from_count > 0 ? begin.old + 1 : begin.old;
  return [{ from, from_count, to: begin.fresh + 1, to_count }];
}

/** The longest list of lines that are the same but for white space, quotes and commas. */
function alike(old: readonly string[], fresh: readonly string[], { begin, end }: { begin: Spot; end: Spot }): Spot[] {
  const bare = (line: string | undefined) => (line ?? "").replace(/[\s"',]/g, "");
  const [a, b] = [old.slice(begin.old, end.old).map(bare), fresh.slice(begin.fresh, end.fresh).map(bare)];
  const longest = Array.from({ length: a.length + 1 }, () => new Uint32Array(b.length + 1));
  const at = (i: number, j: number) => longest[i]?.[j] ?? 0;
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      longest[i]?.fill(a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1)), j, j + 1);
  const pairs: Spot[] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    if (a[i] === b[j]) pairs.push({ old: begin.old + i++, fresh: begin.fresh + j++ });
    else if (at(i + 1, j) >= at(i, j + 1)) i++;
    else j++;
  }
  return pairs;
}

type Moved = { gone: ReadonlySet<string>; come: ReadonlySet<string> };

/** Lines that these fixes take away and do not bring, and the reverse. */
function unpaired(made: Fixed, hunks: ReadonlySet<Hunk>): Moved {
  const removed = new Set([...hunks].flatMap((hunk) => removedBy(made, hunk)));
  const brought = new Set([...hunks].flatMap((hunk) => broughtBy(made, hunk)));
  return {
    gone: new Set([...removed].filter((line) => !brought.has(line))),
    come: new Set([...brought].filter((line) => !removed.has(line))),
  };
}

const movesAny = (made: Fixed, hunk: Hunk, { gone, come }: Moved): boolean =>
  broughtBy(made, hunk).some((line) => gone.has(line)) || removedBy(made, hunk).some((line) => come.has(line));

const removedBy = ({ worked }: Fixed, { from, from_count }: Hunk): string[] => words(worked, from, from_count);
const broughtBy = ({ fixed }: Fixed, { to, to_count }: Hunk): string[] => words(fixed, to, to_count);
const isBlank = (made: Fixed, { from, from_count, to, to_count }: Hunk): boolean =>
  [...slice(made.worked, from, from_count), ...slice(made.fixed, to, to_count)].every((line) => line.trim() === "");
const keyOf = (made: Fixed, hunk: Hunk): string =>
  JSON.stringify([slice(made.worked, hunk.from, hunk.from_count), slice(made.fixed, hunk.to, hunk.to_count)]);

const words = (text: string, first: number, count: number): string[] =>
  slice(text, first, count)
    .map((line) => line.trim())
    .filter((line) => /\w/.test(line));
const slice = (text: string, first: number, count: number): string[] =>
  count === 0 ? [] : linesOf(text).slice(first - 1, first - 1 + count);
const span = (first: number, count: number): number[] => Array.from({ length: count }, (_, at) => first + at);

/** Lines with their ends, as git counts them. */
const linesOf = (text: string): string[] => text.split(/(?<=\n)/);
