import type { Side } from "../finding.ts";
import type { Unit } from "../unit.ts";
import { growing, type Pair } from "./diff.ts";
import { type Source, slice, type Three, three } from "./piece.ts";
import { stemOf } from "./unit_texts.ts";

/** One unit in each text that has it, under whatever name and in whatever place. */
export type Slot = { units: Three<Unit | null>; renamed: Readonly<Record<Side, boolean>> };

/** The units of one scope, matched: `rows` are the slots of each text in its own order. */
export type Matched = { rows: Three<readonly Slot[]> };

const RENAMED_TOKENS_MIN = 6; // below the name: shorter bodies are all alike
const ALIKE_MIN = 0.5;
const ALIKE_TRIES = 100; // so many statements in a row that are all others are no edit of what was there

/** Finds the units of three versions of one scope again in one another: by key, by what they say, or by their place. */
export function matchUnits(texts: Three<string>, units: Three<readonly Unit[]>): Matched {
  const left = matchSide(texts, units, "left");
  const right = matchSide(texts, units, "right");
  const found = { left: new Map(left.map((pair) => [pair[0], pair[1]])), right: new Map(right) };
  const shared = units.base.map((base, at): Slot => {
    const own = { base, left: at_(units.left, found.left.get(at)), right: at_(units.right, found.right.get(at)) };
    return slotOf(own);
  });
  const taken = new Map<Unit, Slot>(shared.flatMap((slot) => named(slot)));
  const added = addedBoth(texts, units, taken);
  for (const slot of added) for (const [unit] of named(slot)) taken.set(unit, slot);
  const alone = (side: Side) => (unit: Unit) => {
    const known = taken.get(unit);
    return known ?? slotOf({ base: null, left: null, right: null, [side]: unit });
  };
  return { rows: { base: shared, left: units.left.map(alone("left")), right: units.right.map(alone("right")) } };
}

const at_ = (units: readonly Unit[], place: number | undefined) => (place === undefined ? null : units[place]!);
const named = (slot: Slot): [Unit, Slot][] =>
  [slot.units.left, slot.units.right].flatMap((unit): [Unit, Slot][] => (unit === null ? [] : [[unit, slot]]));

function slotOf(units: Three<Unit | null>): Slot {
  const renamed = (side: Side) => {
    const [was, is] = [units.base, units[side]];
    return was !== null && is !== null && was.name !== null && was.name !== is.name;
  };
  return { units, renamed: { left: renamed("left"), right: renamed("right") } };
}

/** What both sides added under one key. */
function addedBoth(texts: Three<string>, units: Three<readonly Unit[]>, taken: ReadonlyMap<Unit, Slot>): Slot[] {
  const fresh = three((from) => (from === "base" ? [] : units[from].filter((unit) => !taken.has(unit))));
  return byKey(fresh.left, fresh.right, { base: texts.left, side: texts.right }).map(([own, other]) =>
    slotOf({ base: null, left: fresh.left[own]!, right: fresh.right[other]! }),
  );
}

/** Pairs of positions in the base and in one side. */
function matchSide(texts: Three<string>, units: Three<readonly Unit[]>, side: Side): Pair[] {
  const [base, own] = [units.base, units[side]];
  const pairs = byKey(base, own, { base: texts.base, side: texts[side] });
  pairs.push(...renames(base, own, pairs));
  pairs.push(...inPlace(base, own, pairs, (unit, from) => slice(texts[from === "base" ? "base" : side], unit.span)));
  return pairs;
}

const stem = (unit: Unit) => stemOf(unit.key);

/**
 * By key. Of several with one name those that say the same come first, then their order decides; of imports, which have
 * the name of where they import from, what is most alike.
 */
function byKey(base: readonly Unit[], side: readonly Unit[], texts: { base: string; side: string }): Pair[] {
  const open = new Map<string, number[]>();
  side.forEach((unit, at) => {
    const known = open.get(stem(unit));
    if (known === undefined) open.set(stem(unit), [at]);
    else known.push(at);
  });
  const pairs: Pair[] = [];
  const late: number[] = [];
  const take = (own: number, choose: (candidates: readonly number[]) => number | undefined) => {
    const candidates = open.get(stem(base[own]!)) ?? [];
    const at = choose(candidates);
    if (at === undefined) return false;
    candidates.splice(candidates.indexOf(at), 1);
    pairs.push([own, at]);
    return true;
  };
  base.forEach((unit, own) => {
    if (!take(own, (all) => all.find((at) => side[at]!.hashes.syntax === unit.hashes.syntax))) late.push(own);
  });
  const likest = (own: number, all: readonly number[]) => {
    if (base[own]!.kind !== "import" || all.length < 2) return all[0];
    const said = slice(texts.base, base[own]!.span);
    const likeness = all.map((at) => alikeness(said, slice(texts.side, side[at]!.span)));
    return all[likeness.indexOf(Math.max(...likeness))];
  };
  for (const own of late) take(own, (all) => likest(own, all));
  return pairs;
}

/** What vanished under one name and appeared under another, the same but for its name, once on each side. */
function renames(base: readonly Unit[], side: readonly Unit[], pairs: readonly Pair[]): Pair[] {
  const gone = leftOver(base, pairs, 0).filter((at) => base[at]!.name !== null);
  const come = leftOver(side, pairs, 1).filter((at) => side[at]!.name !== null);
  const what = ({ kind, hashes }: Unit) => `${kind} ${hashes.nameless}`;
  const there = Map.groupBy(come, (at) => what(side[at]!));
  const here = Map.groupBy(gone, (at) => what(base[at]!));
  return gone.flatMap((own): Pair[] => {
    const unit = base[own]!;
    if (unit.hashes.tokens < RENAMED_TOKENS_MIN || here.get(what(unit))?.length !== 1) return [];
    const [at, ...more] = there.get(what(unit)) ?? [];
    return at !== undefined && more.length === 0 ? [[own, at]] : [];
  });
}

const leftOver = (units: readonly Unit[], pairs: readonly Pair[], of: 0 | 1): number[] => {
  const known = new Set(pairs.map((pair) => pair[of]));
  return [...units.keys()].filter((at) => !known.has(at));
};

/** A statement is known by its place: between the same neighbours, and much alike. */
function inPlace(
  base: readonly Unit[],
  side: readonly Unit[],
  pairs: readonly Pair[],
  text: (unit: Unit, from: Source) => string,
): Pair[] {
  const nameless = (units: readonly Unit[], of: 0 | 1) =>
    leftOver(units, pairs, of).filter((at) => units[at]!.kind === "statement");
  const [gone, come] = [nameless(base, 0), nameless(side, 1)];
  if (gone.length === 0 || come.length === 0) return [];
  const steps = growing([...pairs].sort((one, other) => one[0] - other[0]));
  const found: Pair[] = [];
  let [nextGone, nextCome] = [0, 0];
  const until = (all: readonly number[], from: number, end: number) => {
    let at = from;
    while (at < all.length && all[at]! < end) at += 1;
    return at;
  };
  [...steps, [base.length, side.length] as const].forEach(([baseEnd, sideEnd]) => {
    const ends = [until(gone, nextGone, baseEnd), until(come, nextCome, sideEnd)] as const;
    const here = gone.slice(nextGone, ends[0]);
    const there = come.slice(nextCome, ends[1]);
    [nextGone, nextCome] = ends;
    let first = 0;
    for (const own of here) {
      const alike = there
        .slice(first, first + ALIKE_TRIES)
        .findIndex(
          (at) =>
            side[at]!.kind === base[own]!.kind &&
            alikeness(text(base[own]!, "base"), text(side[at]!, "left")) >= ALIKE_MIN,
        );
      if (alike < 0) continue;
      found.push([own, there[first + alike]!]);
      first += alike + 1;
    }
  });
  return found;
}

/** How many of the words of two texts are in both, from 0 to 1. */
function alikeness(one: string, other: string): number {
  const words = (text: string) => text.match(/\w+/g) ?? [];
  const [own, others] = [words(one), words(other)];
  const left = new Map<string, number>();
  for (const word of own) left.set(word, (left.get(word) ?? 0) + 1);
  let both = 0;
  for (const word of others) {
    const count = left.get(word) ?? 0;
    if (count > 0) both += 1;
    left.set(word, count - 1);
  }
  return own.length + others.length === 0 ? 1 : (2 * both) / (own.length + others.length);
}
