import type { ClassShape } from "../class_shape.ts";
import type { FindingKind, Side } from "../finding.ts";
import type { Knot } from "./commute.ts";
import type { Slot } from "./match.ts";
import type { Order } from "./order.ts";
import type { Job } from "./outcome.ts";

/** Slots that only a person can put in order, and why; `key`: of what is to be named, where it is not one of them. */
export type Tie = { between: Knot; clash: readonly FindingKind[]; key: string | null };

/** The order of a class's slots; `required_first`: fields that both sides added stand in the only order there can be. */
export type Fields = { order: Order; required_first: boolean; ties: readonly Tie[] };

/** Fields of a generated constructor, and members of an enum, have an order or values that mean something. */
export function orderFields(job: Job, key: string, order: Order): Fields {
  const shapes = { left: job.classes.left.get(key), right: job.classes.right.get(key) };
  const plain = { order, required_first: false, ties: [] };
  if (shapes.left === undefined || shapes.right === undefined) return plain;
  if (shapes.left.kind === "enum")
    return { ...plain, ties: enumTies(order, key, { left: shapes.left, right: shapes.right }) };
  if (shapes.left.kind !== "generated") return plain;
  const own = { left: shapes.left, right: shapes.right };
  let { slots } = order;
  let required_first = false;
  const ties: Tie[] = [];
  for (const [from, to] of runsOfBoth(slots, own)) {
    const run = slots.slice(from, to);
    const needed = (slot: Slot) => !optional(slot, own);
    const sides = {
      left: run.filter((slot) => addedBy(slot, "left")),
      right: run.filter((slot) => addedBy(slot, "right")),
    };
    const leads = (["left", "right"] as const).find(
      (side) => sides[side].every(needed) && !sides[side === "left" ? "right" : "left"].some(needed),
    );
    if (leads === undefined) ties.push({ between: [from, to - 1], clash: ["ordering"], key });
    else {
      const sorted = leads === "left" ? [...sides.left, ...sides.right] : [...sides.right, ...sides.left];
      slots = [...slots.slice(0, from), ...sorted, ...slots.slice(to)];
      required_first = true;
    }
  }
  return { order: { ...order, slots }, required_first, ties };
}

type Shapes = Readonly<Record<Side, ClassShape>>;

const addedBy = ({ units }: Slot, side: Side) =>
  units.base === null && units[side] !== null && (side === "left" ? units.right : units.left) === null;

const fieldOf = ({ units }: Slot, shapes: Shapes) => {
  const side: Side = units.left === null ? "right" : "left";
  return shapes[side].fields.find(({ name }) => name === units[side]?.name);
};
const optional = (slot: Slot, shapes: Shapes) => fieldOf(slot, shapes)?.optional ?? false;

/** Runs of fields that were added side by side by both sides. */
function runsOfBoth(slots: readonly Slot[], shapes: Shapes): Knot[] {
  const runs: Knot[] = [];
  let start = 0;
  for (let at = 0; at <= slots.length; at += 1) {
    const slot = slots[at];
    if (slot !== undefined && slot.units.base === null && fieldOf(slot, shapes) !== undefined) continue;
    const run = slots.slice(start, at);
    if (run.some((own) => addedBy(own, "left")) && run.some((own) => addedBy(own, "right"))) runs.push([start, at]);
    start = at + 1;
  }
  return runs;
}

/** Members that both sides added: equal values make one of them a second name; values that are counted depend on the order. */
function enumTies({ slots }: Order, key: string, shapes: Shapes): Tie[] {
  const added = (side: Side) =>
    slots.flatMap((slot, at) => (addedBy(slot, side) ? [{ at, value: memberValue(slot, side, shapes) }] : []));
  const between = (one: number, next: number): Knot => [Math.min(one, next), Math.max(one, next)];
  return added("left").flatMap((one) =>
    added("right").flatMap((next): Tie[] => {
      if (one.value === undefined || next.value === undefined) return [];
      const knot = between(one.at, next.at);
      if (one.value !== null && one.value === next.value) return [{ between: knot, clash: ["value_collision"], key }];
      if (one.value !== null && next.value !== null) return [];
      return slots.slice(knot[0], knot[1]).every(({ units }) => units.base === null)
        ? [{ between: knot, clash: ["ordering"], key }]
        : [];
    }),
  );
}

/** undefined: it is no member. null: it has no value that can be read off. */
const memberValue = ({ units }: Slot, side: Side, shapes: Shapes): string | null | undefined => {
  const member = shapes[side].members.find(
    ({ name, kind }) => name === units[side]?.name && (kind === "field" || kind === "member"),
  );
  return member?.value;
};
