import type { Side } from "../finding.ts";
import type { Unit } from "../unit.ts";
import type { Slot } from "./match.ts";
import type { Order } from "./order.ts";
import type { Job } from "./outcome.ts";
import { other, slice } from "./piece.ts";
import { isFree } from "./rules.ts";
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
  const knots: [number, number][] = [];
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

function knotBetween(job: Job, touches: readonly Touched[], [from, to]: Knot): [number, number] | null {
  let knot: [number, number] | null = null;
  for (let one = from; one < to; one += 1) {
    for (let next = from; next < to; next += 1) {
      if (one === next || !clash(job, touches[one]!, touches[next]!)) continue;
      const [low, high] = [Math.min(one, next), Math.max(one, next)];
      knot = knot === null ? [low, high] : [Math.min(knot[0], low), Math.max(knot[1], high)];
    }
  }
  return knot;
}

/** Whether what the left did to one unit and what the right did to another do not commute. */
function clash(job: Job, one: Touched, next: Touched): boolean {
  if (one.left === null || one.right !== null || next.right === null || next.left !== null) return false;
  const [own, others] = [unitOf(one.slot, "left"), unitOf(next.slot, "right")];
  const free = (unit: Unit) => isFree(job.rules, unit);
  const counted = (unit: Unit) => job.rules.counted.includes(unit.kind);
  if (counted(own) && counted(others)) return true;
  if (free(own) && free(others)) return false;
  const goes = (unit: Unit, touch: Touch) => free(unit) && touch === "removed";
  const [ours, theirs] = [textOf(job, one.slot, "left"), textOf(job, next.slot, "right")];
  const statements = own.kind === "statement" && others.kind === "statement";
  if (!statements && still(one.left) && still(next.right)) return false; // no order is in question
  if (goes(own, one.left) || goes(others, next.right)) return false;
  if (statements || reads(own, ours, others, theirs)) return true;
  // Each side says where it wants it to be, unless neither unit is where both have it.
  if (still(one.left) || still(next.right)) return false;
  const acts = (unit: Unit, text: string) => !free(unit) && /[\w\])]\(/.test(text);
  if (own.kind === "import" || others.kind === "import") return acts(own, ours) || acts(others, theirs);
  return (own.kind === "statement" || others.kind === "statement") && acts(own, ours) && acts(others, theirs);
}

const still = (touch: Touch) => touch === "edited" || touch === "removed";

const unitOf = ({ units }: Slot, side: Side): Unit => units[side] ?? units.base ?? units[other(side)]!;

const textOf = ({ texts }: Job, { units }: Slot, side: Side): string => {
  const own = units[side];
  return own === null ? slice(texts.base, units.base!.span) : slice(texts[side], own.span);
};

/** Whether one of two units names what the other binds. */
function reads(one: Unit, oneText: string, next: Unit, nextText: string): boolean {
  const words = (text: string) => new Set(text.match(/[\p{L}\p{N}_$]+/gu) ?? []);
  const [ones, nexts] = [words(oneText), words(nextText)];
  return bound(one, oneText).some((name) => nexts.has(name)) || bound(next, nextText).some((name) => ones.has(name));
}

/** The names that a unit binds: its own, those in a block; of an assignment to members all in front of its "=". */
function bound(unit: Unit, text: string): readonly string[] {
  if (unit.name !== null) return unit.name.split(", ");
  if (unit.children.length > 0) return allUnits(unit.children, "").flatMap((own) => own.unit.name?.split(", ") ?? []);
  const front = /^([^=!<>()]+?)[-+*/|&^%@:]*=(?!=)/.exec(text)?.[1] ?? "";
  return front.match(/[\p{L}\p{N}_$]+/gu) ?? [];
}
