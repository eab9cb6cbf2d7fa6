import type { Side } from "../finding.ts";
import type { Unit } from "../unit.ts";
import { isFree } from "./free.ts";
import type { Slot } from "./match.ts";
import type { Order } from "./order.ts";
import type { Job } from "./outcome.ts";
import { other, slice } from "./piece.ts";
import { allUnits } from "./unit_texts.ts";

/** What a side did to a unit that its order may matter for. */
export type Touch = "added" | "removed" | "moved" | "edited";

/** What one side did to a slot; null: it left it alone, comments and blank lines aside. */
export function touchOf({ texts }: Job, { moved }: Order, slot: Slot, side: Side): Touch | null {
  const [base, own] = [slot.units.base, slot.units[side]];
  if (base === null) return own === null ? null : "added";
  if (own === null) return "removed";
  if (moved[side].has(slot)) return "moved";
  return slice(texts.base, base.span) === slice(texts[side], own.span) ? null : "edited";
}

/** From the first to the last of the slots, by position, that have to be decided together. */
export type Knot = readonly [first: number, last: number];

/**
 * Where both sides did something side by side that does not commute: then the text has a meaning in one order, and
 * nothing says in which. Between two units that nobody touched lies no knot.
 */
export function knotsIn(job: Job, order: Order): Knot[] {
  const touches = order.slots.map((slot) => ({
    slot,
    left: touchOf(job, order, slot, "left"),
    right: touchOf(job, order, slot, "right"),
  }));
  const knots: Knot[] = [];
  let start = 0;
  for (let at = 0; at <= touches.length; at += 1) {
    const own = touches[at];
    if (own !== undefined && (own.left !== null || own.right !== null)) continue;
    const knot = knotBetween(job, touches, [start, at]);
    if (knot !== null) knots.push(knot);
    start = at + 1;
  }
  return knots;
}

type Touched = { slot: Slot; left: Touch | null; right: Touch | null };

function knotBetween(job: Job, touches: readonly Touched[], [from, to]: Knot): Knot | null {
  const [ours, theirs] = [groups(), groups()];
  for (let at = from; at < to; at += 1) {
    const { slot, left, right } = touches[at]!;
    if (left !== null && right === null) add(ours, deedOf(job, slot, { side: "left", touch: left }), at);
    if (right !== null && left === null) add(theirs, deedOf(job, slot, { side: "right", touch: right }), at);
  }
  let knot: Knot | null = null;
  const tie = ([low, high]: Knot) => {
    knot = knot === null ? [low, high] : [Math.min(knot[0], low), Math.max(knot[1], high)];
  };
  for (const own of ours.values())
    for (const other of theirs.values()) {
      const what = clash(own.deed, other.deed);
      if (what === true) [own.all, other.all].forEach(tie);
      else if (what === "reads") tiesOfReads(own, other).forEach(tie);
    }
  return knot;
}

/**
 * What a side did to a unit, as far as it matters for the order: `counted`, `free` as the rules have it; `still`: it is
 * where it was, or gone; `goes`: it is gone, and nothing hung on its place; `acts`: it does something where it stands.
 */
type Deed = Readonly<Record<"counted" | "free" | "still" | "goes" | "statement" | "imports" | "acts", boolean>> & {
  binds: readonly string[];
  words: ReadonlySet<string>;
};

function deedOf(job: Job, slot: Slot, { side, touch }: { side: Side; touch: Touch }): Deed {
  const [unit, text] = [unitOf(slot, side), textOf(job, slot, side)];
  const free = isFree(job.rules, unit);
  return {
    ...{ free, counted: job.rules.counted.includes(unit.kind), still: still(touch), goes: free && touch === "removed" },
    ...{ statement: unit.kind === "statement", imports: unit.kind === "import", acts: !free && /[\w\])]\(/.test(text) },
    ...{ binds: bound(unit, text), words: new Set(text.match(/[\p{L}\p{N}_$]+/gu)) },
  };
}

/** Units to which the same was done, from the first to the last; and where each name stands that they bind, or name. */
type Group = { deed: Deed; all: Knot; binds: Map<string, Knot>; words: Map<string, Knot> };

const groups = (): Map<string, Group> => new Map();

function add(all: Map<string, Group>, deed: Deed, at: number): void {
  const { binds, words, ...flags } = deed;
  const key = Object.values(flags).join();
  const group = all.get(key) ?? { deed, all: [at, at], binds: new Map(), words: new Map() };
  all.set(key, { ...group, all: [group.all[0], at] });
  for (const name of binds) group.binds.set(name, [group.binds.get(name)?.[0] ?? at, at]);
  for (const word of words) group.words.set(word, [group.words.get(word)?.[0] ?? at, at]);
}

/** Where one of two units names what the other binds. */
function tiesOfReads(one: Group, next: Group): Knot[] {
  const both = (binds: Group["binds"], words: Group["words"]) =>
    [...binds].flatMap(([name, at]) => {
      const named = words.get(name);
      return named === undefined ? [] : [at, named];
    });
  return [...both(one.binds, next.words), ...both(next.binds, one.words)];
}

/** Whether what the left did to one unit and what the right did to another do not commute; "reads": where one names the other. */
function clash(one: Deed, next: Deed): boolean | "reads" {
  if (one.counted && next.counted) return true;
  if (one.free && next.free) return false;
  const statements = one.statement && next.statement;
  if (!statements && one.still && next.still) return false; // no order is in question
  if (one.goes || next.goes) return false;
  if (statements) return true;
  // Each side says where it wants it to be, unless neither unit is where both have it.
  if (one.still || next.still) return "reads";
  if (one.imports || next.imports) return one.acts || next.acts || "reads";
  return ((one.statement || next.statement) && one.acts && next.acts) || "reads";
}

const still = (touch: Touch) => touch === "edited" || touch === "removed";

const unitOf = ({ units }: Slot, side: Side): Unit => units[side] ?? units.base ?? units[other(side)]!;

const textOf = ({ texts }: Job, { units }: Slot, side: Side): string => {
  const own = units[side];
  return own === null ? slice(texts.base, units.base!.span) : slice(texts[side], own.span);
};

/** The names that a unit binds: its own, those in a block; of an assignment to members all in front of its "=". */
function bound(unit: Unit, text: string): readonly string[] {
  if (unit.name !== null) return unit.name.split(", ");
  if (unit.children.length > 0) return allUnits(unit.children, "").flatMap((own) => own.unit.name?.split(", ") ?? []);
  const front = /^([^=!<>()]+?)[-+*/|&^%@:]*=(?!=)/.exec(text)?.[1] ?? "";
  return front.match(/[\p{L}\p{N}_$]+/gu) ?? [];
}
