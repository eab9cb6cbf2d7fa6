/** A point in pixels. */
export type Point = { x: number; y: number };
/** Where a task stands, and how the lines go from those it waits for. */
export type DagLayout = {
  width: number;
  height: number;
  boxes: readonly (Point & { id: string })[]; // the upper left corner
  lines: readonly { from: string; to: string; points: readonly Point[] }[];
};

export const BOX = { width: 200, height: 40 } as const;
const GAP = { x: 70, y: 16 } as const;
/** Between what belongs together and what stands alone. */
const APART = 24;
const COLUMNS_ALONE = 4;
const ROUNDS = 4;

/** What has a place in a column: a task, or a line on its way past the column (`task` null). */
type Slot = { key: string; task: string | null; before: Slot[] };

/**
 * Places tasks in columns: each right of all that it waits for. In a column they are in the order of what they wait for, so
 * that few lines cross, and a line past a column has a place in it as a task has. Whoever waits for nobody and is waited for by
 * nobody stands below, in rows.
 *
 * @param after of each task those that it waits for; who is not a key counts for nothing. There is no cycle
 */
export function layOut(after: ReadonlyMap<string, readonly string[]>): DagLayout {
  const known = [...after].map(([id, ids]) => [id, ids.filter((one) => after.has(one))] as const);
  const awaited = new Set(known.flatMap(([, ids]) => ids));
  const alone = known.filter(([id, ids]) => ids.length === 0 && !awaited.has(id)).map(([id]) => id);
  const { columns, ways } = slotsOf(new Map(known.filter(([id]) => !alone.includes(id))));
  order(columns);
  const at = placed(columns);
  const joined = Math.max(0, ...[...at.values()].map(({ y }) => y + BOX.height));
  const top = joined === 0 ? 0 : joined + APART;
  const wide = Math.max(1, Math.min(COLUMNS_ALONE, alone.length));
  const rest = alone.map((id, n) => ({
    id,
    x: (n % wide) * (BOX.width + GAP.y),
    y: top + Math.floor(n / wide) * (BOX.height + GAP.y),
  }));
  const boxes = [
    ...columns.flat().flatMap((slot) => (slot.task === null ? [] : [{ id: slot.task, ...at.get(slot)! }])),
    ...rest,
  ];
  return {
    width: Math.max(0, ...boxes.map(({ x }) => x + BOX.width)),
    height: Math.max(joined, ...boxes.map(({ y }) => y + BOX.height)),
    boxes,
    lines: ways.map(({ from, to, through }) => ({
      from: from.task ?? "",
      to: to.task ?? "",
      points: wayPoints([from, ...through, to], at),
    })),
  };
}

type Way = { from: Slot; to: Slot; through: readonly Slot[] };

function slotsOf(after: ReadonlyMap<string, readonly string[]>): { columns: Slot[][]; ways: Way[] } {
  const depths = depthsOf(after);
  const columns: Slot[][] = [];
  const put = (slot: Slot, column: number): Slot => {
    columns[column] ??= [];
    columns[column].push(slot);
    return slot;
  };
  const slots = new Map(
    [...after.keys()].map((id) => [id, put({ key: id, task: id, before: [] }, depths.get(id) ?? 0)]),
  );
  const ways: Way[] = [];
  for (const [id, ids] of after)
    for (const other of ids) {
      const [from, to] = [slots.get(other)!, slots.get(id)!];
      const through: Slot[] = [];
      for (let column = (depths.get(other) ?? 0) + 1; column < (depths.get(id) ?? 0); column++)
        through.push(put({ key: `${other} ${id} ${column}`, task: null, before: [through.at(-1) ?? from] }, column));
      to.before.push(through.at(-1) ?? from);
      ways.push({ from, to, through });
    }
  return { columns, ways };
}

/** How many tasks stand one behind the other before each. */
function depthsOf(after: ReadonlyMap<string, readonly string[]>): Map<string, number> {
  const depths = new Map<string, number>();
  const left = new Map(after);
  while (left.size > 0) {
    const free = [...left].filter(([, ids]) => ids.every((id) => depths.has(id)));
    if (free.length === 0) throw new Error("Tasks wait for each other in a circle");
    for (const [id, ids] of free) {
      depths.set(id, Math.max(-1, ...ids.map((one) => depths.get(one) ?? 0)) + 1);
      left.delete(id);
    }
  }
  return depths;
}

/** By the middle of those before, then of those behind, in turn. */
function order(columns: Slot[][]): void {
  const behind = new Map<Slot, Slot[]>();
  for (const slot of columns.flat()) for (const one of slot.before) behind.set(one, [...(behind.get(one) ?? []), slot]);
  const rank = new Map<Slot, number>();
  const note = (column: readonly Slot[]) => {
    for (const [at, slot] of column.entries()) rank.set(slot, at);
  };
  for (const column of columns) note(column);
  const sort = (column: Slot[], near: (slot: Slot) => readonly Slot[]) => {
    const middles = new Map(
      column.map((slot) => [
        slot,
        middleOf(
          near(slot).map((one) => rank.get(one) ?? 0),
          rank.get(slot) ?? 0,
        ),
      ]),
    );
    column.sort((a, b) => (middles.get(a) ?? 0) - (middles.get(b) ?? 0));
    note(column);
  };
  for (let round = 0; round < ROUNDS; round++) {
    for (const column of columns) sort(column, ({ before }) => before);
    for (const column of columns.toReversed()) sort(column, (slot) => behind.get(slot) ?? []);
  }
}

const middleOf = (ranks: readonly number[], own: number): number =>
  ranks.length === 0 ? own : ranks.reduce((sum, one) => sum + one, 0) / ranks.length;

const heightOf = ({ task }: Slot): number => (task === null ? GAP.y : BOX.height);

/** Columns are centred beside each other. */
function placed(columns: readonly (readonly Slot[])[]): Map<Slot, Point> {
  const heights = columns.map((column) => column.reduce((sum, slot) => sum + heightOf(slot) + GAP.y, -GAP.y));
  const most = Math.max(0, ...heights);
  const at = new Map<Slot, Point>();
  for (const [n, column] of columns.entries()) {
    let y = (most - (heights[n] ?? 0)) / 2;
    for (const slot of column) {
      at.set(slot, { x: n * (BOX.width + GAP.x), y });
      y += heightOf(slot) + GAP.y;
    }
  }
  return at;
}

/** From the right of one to the left of the next; past a column on one height. */
function wayPoints(slots: readonly Slot[], at: ReadonlyMap<Slot, Point>): Point[] {
  return slots.flatMap((slot, n): Point[] => {
    const { x, y } = at.get(slot)!;
    const middle = y + heightOf(slot) / 2;
    const [left, right] = [
      { x, y: middle },
      { x: x + BOX.width, y: middle },
    ];
    if (n === 0) return [right];
    return n === slots.length - 1 ? [left] : [left, right];
  });
}
