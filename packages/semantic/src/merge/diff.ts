/** Places that are the same in two sequences: their positions in each, both growing. */
export type Pair = readonly [left: number, right: number];

/** Two stretches that are still to be compared, and where what they have in common goes. */
type Stretch = { left: Uint32Array; right: Uint32Array; from: Pair; to: Pair };

const EDITS_MAX = 2_000; // nobody reads an alignment of more insertions and deletions: none is better than a slow one

/**
 * What two sequences have in common, in order: first what is there once in both, which people know again too, and
 * between those by the fewest edits. Equal sequences have all in common; the result depends on nothing but the two.
 */
export function commonPairs(left: readonly string[], right: readonly string[]): Pair[] {
  const numbers = new Map<string, number>();
  const numbered = (own: readonly string[]) =>
    Uint32Array.from(own, (text) => {
      const known = numbers.get(text) ?? numbers.size;
      numbers.set(text, known);
      return known;
    });
  const pairs: Pair[] = [];
  const all = { left: numbered(left), right: numbered(right) };
  const open: Stretch[] = [{ ...all, from: [0, 0], to: [left.length, right.length] }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) open.push(...compareStretch(next, pairs));
  return pairs.sort((one, other) => one[0] - other[0]);
}

/** Takes the equal ends off; what is between is cut at what is there once, or compared edit by edit. */
function compareStretch({ left, right, from, to }: Stretch, pairs: Pair[]): Stretch[] {
  let [a, b] = from;
  let [aEnd, bEnd] = to;
  for (; a < aEnd && b < bEnd && left[a] === right[b]; a += 1, b += 1) pairs.push([a, b]);
  for (; a < aEnd && b < bEnd && left[aEnd - 1] === right[bEnd - 1]; aEnd -= 1, bEnd -= 1)
    pairs.push([aEnd - 1, bEnd - 1]);
  if (a === aEnd || b === bEnd) return [];
  const rest: Stretch = { left, right, from: [a, b], to: [aEnd, bEnd] };
  const anchors = growing(singles(rest));
  if (anchors.length === 0) {
    pairs.push(...fewestEdits(rest));
    return [];
  }
  pairs.push(...anchors);
  const starts: Pair[] = [rest.from, ...anchors.map(([one, other]): Pair => [one + 1, other + 1])];
  return [...anchors, rest.to].map((end, n) => ({ left, right, from: starts[n]!, to: end }));
}

/** What is there exactly once in both stretches, in the order of the left one. */
function singles({ left, right, from, to }: Stretch): Pair[] {
  const places = new Map<number, { left: number; right: number }>();
  const TWICE = -2;
  for (let n = from[0]; n < to[0]; n += 1) places.set(left[n]!, { left: places.has(left[n]!) ? TWICE : n, right: -1 });
  for (let n = from[1]; n < to[1]; n += 1) {
    const place = places.get(right[n]!);
    if (place !== undefined) place.right = place.right === -1 ? n : TWICE;
  }
  return [...places.values()].flatMap((own): Pair[] =>
    own.left >= 0 && own.right >= 0 ? [[own.left, own.right]] : [],
  );
}

/** The longest choice of pairs, which come with growing lefts, whose rights grow too. */
export function growing(pairs: readonly Pair[]): Pair[] {
  const ends: number[] = []; // ends[n]: the pair with the smallest right that n + 1 pairs can end with
  const before: number[] = [];
  pairs.forEach(([, right], own) => {
    let low = 0;
    for (let high = ends.length; low < high; ) {
      const middle = (low + high) >> 1;
      if (pairs[ends[middle]!]![1] < right) low = middle + 1;
      else high = middle;
    }
    before[own] = low === 0 ? -1 : ends[low - 1]!;
    ends[low] = own;
  });
  const chosen: Pair[] = [];
  for (let own = ends.at(-1) ?? -1; own >= 0; own = before[own]!) chosen.push(pairs[own]!);
  return chosen.reverse();
}

/** Myers' greedy search: the furthest reach on each diagonal, with one edit more each round. */
function fewestEdits({ left, right, from, to }: Stretch): Pair[] {
  const [width, height] = [to[0] - from[0], to[1] - from[1]];
  const rounds: Int32Array[] = [];
  let reach = new Int32Array(3);
  for (let edits = 0; edits <= Math.min(width + height, EDITS_MAX); edits += 1) {
    const next = new Int32Array(2 * edits + 3); // diagonal k is at k + edits + 1
    for (let k = -edits; k <= edits; k += 2) {
      const at = k + edits; // where diagonal k stands in the round before
      const down = k === -edits || (k !== edits && reach[at - 1]! < reach[at + 1]!);
      let x = edits === 0 ? 0 : down ? reach[at + 1]! : reach[at - 1]! + 1;
      for (; x < width && x - k < height && left[from[0] + x] === right[from[1] + x - k]; ) x += 1;
      next[at + 1] = x;
      if (x >= width && x - k >= height) return wayBack([...rounds, next], k, from);
    }
    rounds.push(next);
    reach = next;
  }
  return [];
}

function wayBack(rounds: readonly Int32Array[], end: number, from: Pair): Pair[] {
  const pairs: Pair[] = [];
  let k = end;
  for (let edits = rounds.length - 1; edits >= 0; edits -= 1) {
    const x = rounds[edits]![k + edits + 1]!;
    const before = rounds[edits - 1];
    const at = k + edits;
    const down = k === -edits || (k !== edits && (before?.[at - 1] ?? 0) < (before?.[at + 1] ?? 0));
    const start = before === undefined ? 0 : down ? before[at + 1]! : before[at - 1]! + 1;
    for (let own = x - 1; own >= start; own -= 1) pairs.push([from[0] + own, from[1] + own - k]);
    k += down ? 1 : -1;
  }
  return pairs;
}
