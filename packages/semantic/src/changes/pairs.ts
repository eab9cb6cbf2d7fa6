import type { Unit, UnitKind } from "../unit.ts";

/** A unit in a version of a file, and the one that it is in another; with the reason, where it is not its key. */
export type Pair<T> = { from: T; to: T; why: string | null };
export type Pairs<T> = { pairs: Pair<T>[]; gone: T[]; come: T[] };

/** Below that many tokens bodies are all alike, and say nothing about where a unit went. */
const TOKENS_MIN = 9;

/** Kinds that keep their identity under another name or in another place. */
const NAMED: ReadonlySet<UnitKind> = new Set([
  ...(["function", "class", "method", "property", "variable", "field"] as const),
  ...(["type", "interface", "enum", "namespace"] as const),
]);

/** The units of one scope, with those that stand in its blocks. */
export const scopeOf = <U extends { name: string | null; children: readonly U[] }>(units: readonly U[]): U[] =>
  units.flatMap((unit) => (unit.name === null ? [unit, ...scopeOf(unit.children)] : [unit]));

/** The units of one version of a scope, and what the keys of all of them begin with. */
export type Scope = { units: readonly Unit[]; path: string };

/**
 * The units of two versions of one scope: by their key below it, wherever they stand; then by what they say under another
 * name, if there is one such on each side.
 */
export function pairScopes(from: Scope, to: Scope): Pairs<Unit> {
  return withAlike(byKey(from, to), { unit: (unit) => unit, why: "it says the same under another name" });
}

/**
 * Both scopes without the units in front and at the end that are the same to the last letter: nothing became of them, and a
 * change is of few among many. Where a key counts those of its name, who is paired with whom hangs on all of them.
 */
export function withoutSame(from: Scope, to: Scope): [Scope, Scope] {
  if ([...scopeOf(from.units), ...scopeOf(to.units)].some(({ key }) => key.includes("#"))) return [from, to];
  const most = Math.min(from.units.length, to.units.length);
  let [front, back] = [0, 0];
  while (front < most && isSame(from.units[front]!, to.units[front]!)) front += 1;
  while (back < most - front && isSame(from.units.at(-1 - back)!, to.units.at(-1 - back)!)) back += 1;
  const rest = ({ units, path }: Scope): Scope => ({ path, units: units.slice(front, units.length - back) });
  return [rest(from), rest(to)];
}

const isSame = (one: Unit, other: Unit): boolean =>
  one === other ||
  (one.hashes.text === other.hashes.text &&
    one.hashes.syntax === other.hashes.syntax &&
    one.key === other.key &&
    one.guards.join() === other.guards.join());

type Alike<T> = { unit: (one: T) => Unit; why: string };

/** Pairs what is left over on both sides and alike but for its name. */
export function withAlike<T>({ pairs, gone, come }: Pairs<T>, { unit, why }: Alike<T>): Pairs<T> {
  const likeness = (one: T): string | null => {
    const { kind, hashes } = unit(one);
    if (!NAMED.has(kind) || hashes.tokens < TOKENS_MIN) return null;
    return `${kind === "method" ? "function" : kind} ${hashes.nameless}`;
  };
  const left = grouped(gone, likeness);
  const right = grouped(come, likeness);
  const found: Pair<T>[] = [];
  for (const [key, [from, ...others]] of left) {
    const [to, ...more] = right.get(key) ?? [];
    if (to !== undefined && others.length === 0 && more.length === 0) found.push({ from: from!, to, why });
  }
  const taken = new Set(found.flatMap(({ from, to }) => [from, to]));
  const still = (one: T) => !taken.has(one);
  return { pairs: [...pairs, ...found], gone: gone.filter(still), come: come.filter(still) };
}

/** Of several with one key those come first that say the same, then the order decides. */
function byKey(from: Scope, to: Scope): Pairs<Unit> {
  const stem = (path: string) => (unit: Unit) => unit.key.slice(path.length).replace(/#\d+$/, "");
  const open = grouped(scopeOf(to.units), stem(to.path));
  const pairs: Pair<Unit>[] = [];
  const take = (unit: Unit, like: (other: Unit) => boolean): boolean => {
    const others = open.get(stem(from.path)(unit)) ?? [];
    const at = others.findIndex(like);
    if (at < 0) return false;
    pairs.push({ from: unit, to: others[at]!, why: null });
    others.splice(at, 1);
    return true;
  };
  const late = scopeOf(from.units).filter((unit) => !take(unit, ({ hashes }) => hashes.syntax === unit.hashes.syntax));
  const gone = late.filter((unit) => !take(unit, () => true));
  return { pairs, gone, come: [...open.values()].flat() };
}

function grouped<T>(all: readonly T[], by: (one: T) => string | null): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const one of all) {
    const key = by(one);
    if (key !== null) groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  return groups;
}
