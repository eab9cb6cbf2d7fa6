import { canonical } from "@dgov/kernel";
import type { Graph } from "../graph.ts";
import type { SourceTask } from "../source.ts";
import { type Contradiction, refuted, said } from "./contradiction.ts";
import type { ContractSource } from "./read.ts";
import { type Shape, weightOf, writersOf } from "./shape.ts";

/** What the numbers and relations of a contract are held against. */
export type Ordered = { tasks: readonly SourceTask[]; graph: Graph; shape: Shape };

/** Everything that a contract states of the plan's order and is not so. Features B14 and B15. */
export function refuteShape(contract: ContractSource, plan: Ordered): Contradiction[] {
  return [
    ...totals(contract, plan.shape),
    ...criticalPath(contract, plan),
    ...shared(contract, plan),
    ...Object.keys(contract.table.tasks).flatMap((id) => ofTask(contract, id, plan)),
  ];
}

const NUMBERS = ["tasks", "edges", "lines", "minutes"] as const;
const SETS = ["entries", "leaves"] as const;

function totals(contract: ContractSource, shape: Shape): Contradiction[] {
  const stated = contract.table.stated ?? {};
  const differing = (key: keyof typeof stated, actual: unknown, isSame: boolean) => {
    const value = stated[key];
    if (value === undefined || isSame) return [];
    const what = `the plan's ${key.replace("_", " ")} are ${said(value)}: they are ${said(actual)}`;
    return [refuted(contract, ["stated", key], { code: `stated_${key}`, what, stated: value, actual })];
  };
  return [
    ...NUMBERS.flatMap((key) => differing(key, shape[key], stated[key] === shape[key])),
    ...SETS.flatMap((key) => differing(key, shape[key], sameSet(stated[key] ?? [], shape[key]))),
    ...differing("widths", shape.widths, canonical(stated.widths) === canonical(shape.widths)),
  ];
}

/** A chain of the plan from an entry to a leaf, than which none is heavier. Of equal ones each is right. */
function criticalPath(contract: ContractSource, { tasks, graph, shape }: Ordered): Contradiction[] {
  const stated = contract.table.stated?.critical_path;
  if (stated === undefined) return [];
  const at = ["stated", "critical_path"];
  const actual = shape.critical_path;
  const wrong = (code: string, why: string, place: (string | number)[] = at) => [
    refuted(contract, place, { code, what: `this is the critical path: ${why}`, stated, actual }),
  ];
  const unknown = stated.findIndex((id) => !graph.after.has(id));
  if (unknown >= 0)
    return wrong("critical_path_unknown", `there is no task ${said(stated[unknown])}`, [...at, unknown]);
  const gap = stated.findIndex((id, n) => n > 0 && !graph.after.get(id)!.includes(stated[n - 1]!));
  if (gap >= 0)
    return wrong("critical_path_edge", `"${stated[gap]}" does not wait for "${stated[gap - 1]}"`, [...at, gap]);
  const [first, last] = [stated[0], stated.at(-1)];
  if (first === undefined || !shape.entries.includes(first))
    return wrong("critical_path_begin", `it does not begin at a task that waits for none`);
  if (!shape.leaves.includes(last!)) return wrong("critical_path_end", `tasks wait for its last one, "${last}"`);
  const weight = weightOf(stated, tasks, shape.weighed_by);
  if (weight >= shape.weight) return [];
  const heavier = `it has ${weight} ${shape.weighed_by}, and ${actual.map(said).join(" → ")} has ${shape.weight}`;
  return wrong("critical_path_lighter", heavier);
}

function shared(contract: ContractSource, { tasks }: Ordered): Contradiction[] {
  return Object.entries(contract.table.stated?.shared ?? {}).flatMap(([path, stated]) => {
    const actual = writersOf(path, tasks);
    if (sameSet(stated, actual)) return [];
    const what = `"${path}" may be written by ${said(stated)}: it may be by ${said(actual)}`;
    return [refuted(contract, ["stated", "shared", path], { code: "stated_shared", what, stated, actual })];
  });
}

function ofTask(contract: ContractSource, id: string, { shape }: Ordered): Contradiction[] {
  const { layer, blocks } = contract.table.tasks[id]!;
  const at = ["tasks", id];
  const actual = { layer: shape.layers.get(id), blocks: shape.blocks.get(id) };
  if (actual.layer === undefined || actual.blocks === undefined)
    return [
      refuted(contract, at, { code: "task_not_in_plan", what: `"${id}" is a task: the plan has none of that id` }),
    ];
  const wrong = (key: "layer" | "blocks", code: string, what: string) =>
    refuted(contract, [...at, key], { code, what, stated: contract.table.tasks[id]![key], actual: actual[key] });
  return [
    ...(layer === undefined || layer === actual.layer
      ? []
      : [wrong("layer", "stated_layer", `"${id}" is in layer ${layer}: it is in layer ${actual.layer}`)]),
    ...(blocks === undefined || sameSet(blocks, actual.blocks)
      ? []
      : [
          wrong(
            "blocks",
            "stated_blocks",
            `"${id}" blocks ${said(blocks)}: what waits for it directly is ${said(actual.blocks)}`,
          ),
        ]),
  ];
}

/** The same names, each once, in any order. */
const sameSet = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && new Set(a).size === a.length && a.every((one) => b.includes(one));
