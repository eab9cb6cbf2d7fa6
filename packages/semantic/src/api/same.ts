import { isStuck, referred, refIn } from "./follow.ts";
import { entries, idOf, type Spot, under } from "./spot.ts";
import { isList, isTable } from "./value.ts";
import { type Steps, step } from "./view.ts";

/** Words for people, wherever they stand. */
const isWords = (key: string, value: unknown): boolean =>
  key.startsWith("x-") || (typeof value === "string" && /^(title|summary|description|\$comment)$/.test(key));

/** Whether two values say the same, with what they refer to, whatever it is called and wherever it stands. */
export function isSame(base: Spot, head: Spot, steps: Steps): boolean {
  const stack: [Spot, Spot][] = [[base, head]];
  const seen = new Set<string>();
  for (let pair = stack.pop(); pair; pair = stack.pop()) {
    step(steps);
    const [one, other] = pair;
    const key = `${idOf(one)} ${idOf(other)}`;
    if (seen.has(key)) continue;
    seen.add(key);
    const inside = partsOf(one, other);
    if (inside === null) return false;
    stack.push(...inside);
  }
  return true;
}

/** What is still to be compared; null: they differ. */
function partsOf(one: Spot, other: Spot): [Spot, Spot][] | null {
  if (refIn(one) !== null || refIn(other) !== null) return referredPair(one, other);
  if (!isTable(one.value) && !isList(one.value)) return one.value === other.value ? [] : null;
  if (isList(one.value) !== isList(other.value) || isTable(one.value) !== isTable(other.value)) return null;
  const [mine, theirs] = [entries(one), entries(other)].map((all) =>
    all.filter(([key, { value }]) => !isWords(key, value)),
  );
  if (mine?.length !== theirs?.length) return null;
  const pairs: [Spot, Spot][] = [];
  for (const [key, spot] of mine ?? []) {
    const match = under(other, key);
    if (!match || isWords(key, match.value)) return null;
    pairs.push([spot, match]);
  }
  return pairs;
}

/** Where references lead, and what is said beside them; in OpenAPI 3.0 that is nothing. */
function referredPair(one: Spot, other: Spot): [Spot, Spot][] | null {
  const [left, right] = [besideRef(one), besideRef(other)];
  if (left.length !== right.length || left.some((key) => !right.includes(key))) return null;
  if (left.length > 0 && (refIn(one) === null || refIn(other) === null)) return null;
  const [from, to] = [hop(one), hop(other)];
  if (isStuck(from) || isStuck(to)) return isStuck(from) && isStuck(to) && from.ref === to.ref ? [] : null;
  const beside = left.map((key): [Spot | null, Spot | null] => [under(one, key), under(other, key)]);
  return [[from, to], ...beside.flatMap(([was, is]): [Spot, Spot][] => (was && is ? [[was, is]] : []))];
}

function hop(spot: Spot): ReturnType<typeof referred> {
  const ref = refIn(spot);
  return ref === null ? spot : referred(spot, ref);
}

const besideRef = (spot: Spot): string[] =>
  refIn(spot) === null || spot.side.nullable
    ? []
    : entries(spot)
        .filter(([key, { value }]) => key !== "$ref" && !isWords(key, value))
        .map(([key]) => key);
