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
