import { describe, expect, test } from "bun:test";
import { BOX, type DagLayout, layOut } from "./dag_layout.ts";

const of = (tasks: Record<string, string[]>) => layOut(new Map(Object.entries(tasks)));
const at = ({ boxes }: DagLayout, id: string) => {
  const found = boxes.find((box) => box.id === id);
  if (!found) throw new Error(`"${id}" is nowhere`);
  return found;
};

test("who waits stands right of what it waits for, and its line goes from one to the other", () => {
  const laid = of({ a: [], b: ["a"], c: ["a", "b"] });
  expect(["a", "b", "c"].map((id) => at(laid, id).x)).toEqual([0, 270, 540]);
  const { points } = laid.lines.find(({ from, to }) => from === "a" && to === "c")!;
  expect(points[0]).toEqual({ x: BOX.width, y: at(laid, "a").y + BOX.height / 2 });
  expect(points.at(-1)).toEqual({ x: 540, y: at(laid, "c").y + BOX.height / 2 });
});

test("lines do not cross where they need not", () => {
  const laid = of({ a: [], b: [], c: ["b"], d: ["a"] });
  expect(at(laid, "a").y < at(laid, "b").y).toBe(at(laid, "d").y < at(laid, "c").y);
});

test("whoever has to do with nobody stands below the others, in rows", () => {
  const laid = of({ a: [], b: ["a"], ...Object.fromEntries([1, 2, 3, 4, 5].map((n) => [`s${n}`, []])) });
  const ys = [1, 2, 3, 4, 5].map((n) => at(laid, `s${n}`).y);
  expect(ys[0]).toBeGreaterThan(BOX.height);
  expect([ys[3] === ys[0], ys[4]! > ys[0]!]).toEqual([true, true]);
});

test("a task that is not shown is nobody to wait for, and nothing has no size", () => {
  expect(of({ b: ["a"] })).toMatchObject({ lines: [], boxes: [{ id: "b", x: 0, y: 0 }] });
  expect(of({})).toEqual({ width: 0, height: 0, boxes: [], lines: [] });
});

/** The same numbers for the same seed. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}

function randomTasks(seed: number): Record<string, string[]> {
  const next = numbers(seed);
  const count = 1 + Math.floor(next() * 40);
  return Object.fromEntries(
    Array.from({ length: count }, (_, n) => [
      `t${n}`,
      Array.from({ length: n }, (_, before) => `t${before}`).filter(() => next() < 2 / count),
    ]),
  );
}

type Box = DagLayout["boxes"][number];
const overlap = (a: Box, b: Box) => Math.abs(a.x - b.x) < BOX.width && Math.abs(a.y - b.y) < BOX.height;

describe.each(Array.from({ length: 60 }, (_, seed) => [seed + 1]))("tasks by chance, seed %d", (seed) => {
  const tasks = randomTasks(seed);
  const laid = of(tasks);

  test("each has its own place, right of what it waits for, and within the size", () => {
    expect(laid.boxes.map(({ id }) => id).sort()).toEqual(Object.keys(tasks).sort());
    for (const [n, box] of laid.boxes.entries()) {
      expect(laid.boxes.slice(n + 1).filter((other) => overlap(box, other))).toEqual([]);
      expect(box.x + BOX.width <= laid.width && box.y + BOX.height <= laid.height).toBe(true);
      for (const before of tasks[box.id] ?? []) expect(at(laid, before).x).toBeLessThan(box.x);
    }
  });

  test("no line runs through a task", () => {
    expect(laid.lines).toHaveLength(Object.values(tasks).flat().length);
    for (const { points } of laid.lines)
      for (let n = 1; n < points.length; n++) {
        const [from, to] = [points[n - 1]!, points[n]!];
        const level =
          from.y === to.y
            ? laid.boxes.filter(
                ({ x, y }) => from.x < x + BOX.width && to.x > x && from.y > y && from.y < y + BOX.height,
              )
            : [];
        expect(level).toEqual([]);
        if (from.y !== to.y) expect(to.x - from.x).toBeLessThanOrEqual(70);
      }
  });
});
