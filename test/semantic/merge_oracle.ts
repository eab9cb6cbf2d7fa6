/** Three texts and what was made of them. */
export type Tried = { base: string; left: string; right: string; merged: string };

/**
 * What is in a result of lines that cannot be there, or not in it that must be, by counting alone: what one side has more
 * of than the base must have come, what it has less of must have gone, and nothing else may have changed. It knows nothing
 * of units, and shares no code with the merge. `ignored`: items that a merge may make more or fewer of.
 */
export function miscounted(tried: Tried, split: (text: string) => readonly string[], ignored: RegExp = /^$/): string[] {
  const [base, left, right, merged] = [tried.base, tried.left, tried.right, tried.merged].map((text) =>
    tally(split(text)),
  );
  const all = new Set([base!, left!, right!, merged!].flatMap((counts) => [...counts.keys()]));
  return [...all].filter((item) => {
    const of = (counts: ReadonlyMap<string, number> | undefined) => counts?.get(item) ?? 0;
    const [ours, theirs] = [of(left) - of(base), of(right) - of(base)];
    const is = of(merged) - of(base);
    const ends = [ours, theirs, ours + theirs, 0].sort((one, next) => one - next);
    const [least, most] =
      Math.sign(ours) * Math.sign(theirs) > 0
        ? [ours < 0 ? ours + theirs : Math.max(ours, theirs), ours < 0 ? Math.min(ours, theirs) : ours + theirs]
        : Math.sign(ours) * Math.sign(theirs) < 0
          ? [ends[0]!, ends[3]!]
          : [ours + theirs, ours + theirs];
    return (is < least || is > most) && !ignored.test(item);
  });
}

export const linesOf = (text: string): string[] =>
  text
    .split(/\r\n|\n|\r/)
    .map((line) => line.replace(/\s+/g, ""))
    .filter((line) => line !== "");

export const wordsIn = (text: string): string[] => text.match(/[\p{L}\p{N}_$]+/gu) ?? [];

function tally(items: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1);
  return counts;
}
