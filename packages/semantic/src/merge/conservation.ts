import { commonPairs } from "./diff.ts";
import type { Three } from "./piece.ts";

/** A merged sequence and the three that it was made of. */
export type Sequences = Three<readonly string[]> & { merged: readonly string[] };

/**
 * What of both sides' changes is not in the result as often as it must be, or there more often than it can be: what one
 * side added must be there; what one took away must not come back; what both did may be there once or twice. null: all is
 * as it must be. How often is counted, and where it stands is not looked at.
 */
export function unaccounted({ base, left, right, merged }: Sequences): string | null {
  const was = counted(base);
  const is = counted(merged);
  const [ours, theirs] = [changes(base, left), changes(base, right)];
  for (const item of new Set([...was.keys(), ...is.keys(), ...ours.added.keys(), ...theirs.added.keys()])) {
    const of = (counts: ReadonlyMap<string, number>) => counts.get(item) ?? 0;
    const [come, alsoCome] = [of(ours.added), of(theirs.added)];
    const [gone, alsoGone] = [of(ours.removed), of(theirs.removed)];
    const least = of(was) - gone - alsoGone + Math.max(come, alsoCome);
    const most = of(was) - Math.max(gone, alsoGone) + come + alsoCome;
    if (of(is) < least || of(is) > most) return item;
  }
  return null;
}

function changes(base: readonly string[], side: readonly string[]) {
  const pairs = commonPairs(base, side);
  const [kept, stayed] = [new Set(pairs.map(([own]) => own)), new Set(pairs.map(([, own]) => own))];
  return {
    removed: counted(base.filter((_, at) => !kept.has(at))),
    added: counted(side.filter((_, at) => !stayed.has(at))),
  };
}

export function counted(items: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1);
  return counts;
}
