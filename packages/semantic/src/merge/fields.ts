import type { ClassShape } from "../class_shape.ts";
import type { FindingKind, Side } from "../finding.ts";
import type { UnitKind } from "../unit.ts";
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
  const plain = { order, required_first: false, ties: [] };
  // To know a class, its whole text must be looked at. A module is none.
  if (key === "" || !SIDES.every((side) => order.slots.some((slot) => addedBy(slot, side) && mayBeField(slot, side))))
    return plain;
  const shapes = { left: job.shapeOf("left", key), right: job.shapeOf("right", key) };
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

const SIDES = ["left", "right"] as const;

const NO_FIELDS: ReadonlySet<UnitKind> = new Set(["method", "class"]);

const mayBeField = ({ units }: Slot, side: Side) => !NO_FIELDS.has(units[side]!.kind);

const fieldOf = ({ units }: Slot, shapes: Shapes) => {
  const side: Side = units.left === null ? "right" : "left";
  return fieldsOf(shapes[side]).get(units[side]?.name ?? "");
};
const known = new WeakMap<ClassShape, ReadonlyMap<string, ClassShape["fields"][number]>>();
/** A constructor's fields by name; of several of one name the first. */
function fieldsOf(shape: ClassShape): ReadonlyMap<string, ClassShape["fields"][number]> {
  const before = known.get(shape);
  if (before !== undefined) return before;
  const made = new Map(shape.fields.toReversed().map((field) => [field.name, field]));
  known.set(shape, made);
  return made;
}
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
  const values = { left: valuesOf(shapes.left), right: valuesOf(shapes.right) };
  const added = (side: Side): Valued[] =>
    slots.flatMap((slot, at) => {
      const value = addedBy(slot, side) ? values[side].get(slot.units[side]?.name ?? "") : undefined;
      return value === undefined ? [] : [{ at, value }];
    });
  const [left, right] = [added("left"), added("right")];
  const taken = Map.groupBy(right, ({ value }) => value);
  const double = left.flatMap((one) =>
    (one.value === null ? [] : (taken.get(one.value) ?? [])).map(
      (next): Tie => ({ between: hull([one.at, next.at]), clash: ["value_collision"], key }),
    ),
  );
  return [...double, ...countedTies(slots, { left, right }, key)];
}

/** A member that a side added, by its position. `value` null: it has none that can be read off. */
type Valued = { at: number; value: string | null };

/** In a run of what was added, members without a value are counted: then all that the other side added there is tied to them. */
function countedTies(slots: readonly Slot[], { left, right }: Record<Side, readonly Valued[]>, key: string): Tie[] {
  // A run ends with what the base has; the last of it may be followed by that.
  let run = 0;
  const runs = slots.map(({ units }) => (units.base === null ? run : run++));
  const here = (all: readonly Valued[]) => Map.groupBy(all, ({ at }) => runs[at]!);
  const theirs = here(right);
  return [...here(left)].flatMap(([own, ones]): Tie[] => {
    const nexts = theirs.get(own) ?? [];
    const open = (all: readonly Valued[]) => all.filter(({ value }) => value === null);
    const tied = [
      ...(open(ones).length > 0 ? [...open(ones), ...nexts] : []),
      ...(open(nexts).length > 0 ? [...open(nexts), ...ones] : []),
    ];
    if (nexts.length === 0 || tied.length === 0) return [];
    return [{ between: hull(tied.map(({ at }) => at)), clash: ["ordering"], key }];
  });
}

const hull = (places: readonly number[]): Knot => [
  places.reduce((one, other) => Math.min(one, other)),
  places.reduce((one, other) => Math.max(one, other)),
];

/** The values of an enum's members by name; of several of one name the first. */
const valuesOf = ({ members }: ClassShape): ReadonlyMap<string, string | null> =>
  new Map(
    members
      .filter(({ kind }) => kind === "field" || kind === "member")
      .toReversed()
      .map(({ name, value }): [string, string | null] => [name, value]),
  );
