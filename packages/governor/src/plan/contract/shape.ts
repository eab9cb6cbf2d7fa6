import { overlap } from "@dgov/sandbox/claim";
import { claimOf } from "../../claim_text.ts";
import { isWrite } from "../claims.ts";
import type { Graph } from "../graph.ts";
import type { SourceTask } from "../source.ts";

/** What the order of a plan comes to. Every list is in plan order. */
export type Shape = {
  tasks: number;
  edges: number;
  lines: number; // of the tasks that estimate them
  minutes: number;
  entries: readonly string[];
  leaves: readonly string[];
  layers: ReadonlyMap<string, number>; // 0: it waits for none
  widths: readonly number[]; // tasks of each layer
  blocks: ReadonlyMap<string, readonly string[]>; // who waits for it directly
  critical_path: readonly string[]; // one of the heaviest; the first in plan order
  weight: number; // of it, in `weighed_by`
  weighed_by: Weighing;
};

/** Minutes where every task estimates them, else lines where every task does, else each task counts one. */
type Weighing = "minutes" | "lines" | "tasks";

/** Derives it from the tasks alone. The plan must have no circle. */
export function shapeOf(tasks: readonly SourceTask[], { after }: Graph): Shape {
  const ids = tasks.map(({ id }) => id);
  const before = (id: string) => after.get(id) ?? [];
  const blocks = new Map<string, string[]>(ids.map((id) => [id, []]));
  for (const id of ids) for (const one of before(id)) blocks.get(one)?.push(id);
  const layers = new Map<string, number>();
  const layerOf = (id: string): number => {
    const known = layers.get(id) ?? Math.max(-1, ...before(id).map(layerOf)) + 1;
    layers.set(id, known);
    return known;
  };
  for (const id of ids) layerOf(id);
  const widths = Array.from({ length: Math.max(-1, ...layers.values()) + 1 }, () => 0);
  for (const layer of layers.values()) widths[layer]! += 1;
  const weighed_by = weighing(tasks);
  const heaviest = chains(tasks, after, weighed_by);
  return {
    tasks: ids.length,
    edges: ids.reduce((sum, id) => sum + before(id).length, 0),
    lines: sumOf(tasks, "lines"),
    minutes: sumOf(tasks, "minutes"),
    entries: ids.filter((id) => before(id).length === 0),
    leaves: ids.filter((id) => blocks.get(id)!.length === 0),
    layers: new Map(ids.map((id) => [id, layers.get(id)!])),
    widths,
    blocks,
    ...heaviest,
    weighed_by,
  };
}

/** What a chain of tasks weighs. */
export const weightOf = (chain: readonly string[], tasks: readonly SourceTask[], by: Weighing): number =>
  chain.reduce((sum, id) => sum + ownWeight(tasks.find((task) => task.id === id)!, by), 0);

/** The tasks that may write a file. */
export function writersOf(path: string, tasks: readonly SourceTask[]): string[] {
  const wanted = claimOf(path);
  const writes = ({ claims }: SourceTask) => claims.some((own) => isWrite(own) && overlap(own.claim, wanted!));
  return wanted === null ? [] : tasks.filter(writes).map(({ id }) => id);
}

const sumOf = (tasks: readonly SourceTask[], key: "lines" | "minutes"): number =>
  tasks.reduce((sum, { table }) => sum + (table.estimate?.[key] ?? 0), 0);

function weighing(tasks: readonly SourceTask[]): Weighing {
  const every = (key: "minutes" | "lines") => tasks.every(({ table }) => table.estimate?.[key] !== undefined);
  return every("minutes") ? "minutes" : every("lines") ? "lines" : "tasks";
}

const ownWeight = ({ table }: SourceTask, by: Weighing): number => (by === "tasks" ? 1 : (table.estimate?.[by] ?? 0));

/** The heaviest chain that ends at each task, and of these the heaviest; of equals the first. */
function chains(tasks: readonly SourceTask[], after: Graph["after"], by: Weighing) {
  const own = new Map(tasks.map((task) => [task.id, ownWeight(task, by)]));
  const best = new Map<string, { weight: number; critical_path: readonly string[] }>();
  const bestTo = (id: string): { weight: number; critical_path: readonly string[] } => {
    const known = best.get(id);
    if (known) return known;
    let longest: { weight: number; critical_path: readonly string[] } = { weight: 0, critical_path: [] };
    for (const chain of (after.get(id) ?? []).map(bestTo))
      if (longest.critical_path.length === 0 || chain.weight > longest.weight) longest = chain;
    const found = { weight: longest.weight + own.get(id)!, critical_path: [...longest.critical_path, id] };
    best.set(id, found);
    return found;
  };
  let heaviest: { weight: number; critical_path: readonly string[] } = { weight: 0, critical_path: [] };
  for (const { id } of tasks) {
    const chain = bestTo(id);
    const further = heaviest.critical_path.length === 0 || chain.weight > heaviest.weight;
    if (further || (chain.weight === heaviest.weight && chain.critical_path.length > heaviest.critical_path.length))
      heaviest = chain;
  }
  return heaviest;
}
