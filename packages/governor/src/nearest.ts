/**
 * The known word that was most likely meant, or null when none shares enough letters with it.
 * Of two equally near ones the first wins, so that the answer depends on the order given and on nothing else.
 */
export function nearest(word: string, known: Iterable<string>): string | null {
  let best: string | null = null;
  let most = 0.6;
  for (const candidate of known) {
    const likeness = (2 * common(word.toLowerCase(), candidate.toLowerCase())) / (word.length + candidate.length);
    if (likeness < most || (likeness === most && best !== null)) continue;
    best = candidate;
    most = likeness;
  }
  return best;
}

/** How many letters the two words share in the same order. */
function common(a: string, b: string): number {
  let row: number[] = new Array(b.length + 1).fill(0);
  for (const letter of a) {
    const longer = [0];
    for (let j = 1; j <= b.length; j++)
      longer.push(letter === b[j - 1] ? row[j - 1]! + 1 : Math.max(row[j]!, longer[j - 1]!));
    row = longer;
  }
  return row[b.length]!;
}
