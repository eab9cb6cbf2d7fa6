/** The name most like a text, by the fewest single-character edits, so that a refusal can offer it. null: none is like it. */
export function nearest(text: string, names: readonly string[]): string | null {
  const scored = names.map((name) => ({ name, cost: edits(text.toLowerCase(), name.toLowerCase()) }));
  const [best] = scored.sort((a, b) => a.cost - b.cost);
  return best && best.cost < Math.max(text.length, best.name.length) ? best.name : null;
}

function edits(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const swap = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(swap, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
