import type { Side } from "../finding.ts";
import { growing, type Pair } from "./diff.ts";
import type { Matched, Slot } from "./match.ts";
import { other, type Three } from "./piece.ts";

/** The slots of a scope in the order of the result, those that are gone among them; and what each side moved. */
export type Order = { slots: readonly Slot[]; moved: Readonly<Record<Side, ReadonlySet<Slot>>>; leader: Side };

/**
 * The order of the side that changed the order, if one did; else the left's. What the other side added or moved comes
 * behind what it stands behind there; at one place the left's comes first. null: both sides changed the order of what
 * has a meaning in one order alone.
 *
 * @param free whether a slot may stand anywhere
 */
export function orderSlots({ rows }: Matched, free: (slot: Slot) => boolean): Order | null {
  const moved = { left: movedIn(rows, "left"), right: movedIn(rows, "right") };
  const leader = moved.left.size < moved.right.size ? "right" : "left";
  const follower = other(leader);
  const apart = moved[follower].size > 0 && !sameOrder(rows);
  if (apart && ![...moved.left, ...moved.right].every(free)) return null;
  const again = new Set(apart ? [...moved[follower]].filter((slot) => !moved[leader].has(slot)) : []);
  const slots = withGone(rows, leader).filter((slot) => !again.has(slot));
  const placed = new Set(slots);
  const settled = { follower, moved: moved[leader] };
  rows[follower].forEach((slot, at) => {
    if (placed.has(slot)) return;
    slots.splice(placeOf(slots, { row: rows[follower], at, placed }, settled), 0, slot);
    placed.add(slot);
  });
  return { slots, moved, leader };
}

/** What is in the base and in one side, and not where it was among the others of its kind. */
function movedIn(rows: Three<readonly Slot[]>, side: Side): Set<Slot> {
  const places = new Map(rows.base.map((slot, at) => [slot, at]));
  const kept = rows[side].flatMap((slot, at): Pair[] => {
    const was = places.get(slot);
    return was === undefined ? [] : [[at, was]];
  });
  const still = new Set(growing(kept).map(([at]) => at));
  return new Set(kept.flatMap(([at]) => (still.has(at) ? [] : [rows[side][at]!])));
}

/** Whether both sides have what they share in one order. */
function sameOrder({ left, right }: Three<readonly Slot[]>): boolean {
  const shared = (row: readonly Slot[]) => row.filter(({ units }) => units.left !== null && units.right !== null);
  const others = shared(right);
  return shared(left).every((slot, at) => slot === others[at]);
}

/** A side's row, and behind what they followed in the base the slots that it removed: something may hang on them. */
function withGone(rows: Three<readonly Slot[]>, side: Side): Slot[] {
  const there = new Set(rows[side]);
  const behind = new Map<Slot | null, Slot>();
  rows.base.forEach((slot, at) => {
    const before = rows.base[at - 1] ?? null;
    if (!there.has(slot)) behind.set(before, slot);
  });
  const row: Slot[] = [];
  for (const own of [null, ...rows[side]])
    for (let slot: Slot | null | undefined = own; slot !== undefined; slot = behind.get(slot))
      if (slot !== null) row.push(slot);
  return row;
}

type Fresh = { row: readonly Slot[]; at: number; placed: ReadonlySet<Slot> };

/** Where what the follower added belongs: behind its neighbour in front, or, where that was moved, before the next. */
function placeOf(
  slots: readonly Slot[],
  { row, at, placed }: Fresh,
  { follower, moved }: { follower: Side; moved: ReadonlySet<Slot> },
): number {
  const before = row[at - 1] ?? null;
  const own = row[at]!;
  const alone = (slot: Slot | undefined) =>
    slot !== undefined && slot.units.base === null && slot.units[follower] === null;
  const passes = (slot: Slot | undefined) =>
    alone(slot) && (imports(slot!) === imports(own) ? follower === "right" : imports(slot!));
  const behind = before !== null && moved.has(before) ? row.findIndex((slot, n) => n > at && placed.has(slot)) : -1;
  const next = row[behind];
  if (next !== undefined && !moved.has(next)) {
    let place = slots.indexOf(next);
    while (alone(slots[place - 1]) && !passes(slots[place - 1])) place -= 1;
    return place;
  }
  let place = before === null ? 0 : slots.indexOf(before) + 1;
  while (passes(slots[place])) place += 1;
  return place;
}

/** Imports come first where both sides added something in one place. */
const imports = ({ units }: Slot) => (units.left ?? units.right)?.kind === "import";
