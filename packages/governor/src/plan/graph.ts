import type { Place } from "../error.ts";
import { nearest } from "../nearest.ts";
import { placeOf, type SourceTask } from "./source.ts";

/** Who waits for whom. All ids are of the plan, and every list is in plan order. */
export type Graph = {
  after: ReadonlyMap<string, readonly string[]>; // direct dependencies
  upstream: ReadonlyMap<string, ReadonlySet<string>>; // all of them, also indirect; in a cycle a task is its own
};

/**
 * Resolves `depends_on`: a bare slug is looked up in the task's own file, anything with a slash is a whole id.
 *
 * @param broken ids of tasks that could not be read: they are no news here
 */
export function resolveGraph(
  tasks: readonly SourceTask[],
  broken: readonly string[],
): { graph: Graph; places: Place[] } {
  const places: Place[] = [];
  const order = new Map(tasks.map(({ id }, at) => [id, at]));
  const after = new Map<string, readonly string[]>();
  for (const task of tasks) {
    const found = new Set<string>();
    for (const [at, reference] of task.table.depends_on.entries()) {
      const id = reference.includes("/") ? reference : `${task.scope}.${reference}`;
      const fault = id === task.id ? SELF : order.has(id) ? null : unknown(reference, task, tasks);
      if (fault === null) found.add(id);
      else if (!broken.includes(id))
        places.push(
          placeOf(task, ["depends_on", at], { code: fault.code, message: `Cannot order "${task.id}": ${fault.why}` }),
        );
    }
    after.set(
      task.id,
      [...found].sort((a, b) => order.get(a)! - order.get(b)!),
    );
  }
  const graph = { after, upstream: closure(after) };
  return { graph, places: [...places, ...stuckPlaces(tasks, graph)] };
}

/** Whether one of the two surely ends before the other begins. */
export const ordered = ({ upstream }: Graph, a: string, b: string): boolean =>
  upstream.get(a)!.has(b) || upstream.get(b)!.has(a);

type Fault = { code: string; why: string };
const SELF: Fault = { code: "dependency_self", why: "it cannot wait for itself" };

function unknown(reference: string, { scope }: SourceTask, tasks: readonly SourceTask[]): Fault {
  const qualified = reference.includes("/");
  const siblings = tasks.filter((task) => task.scope === scope).map(({ slug }) => slug);
  const elsewhere = tasks.filter(({ slug }) => slug === reference).map(({ id }) => id);
  const close = qualified
    ? nearest(
        reference,
        tasks.map(({ id }) => id),
      )
    : (nearest(reference, siblings) ?? (elsewhere.length === 1 ? elsewhere[0]! : null));
  const where = qualified ? "the plan" : `"${scope}"`;
  const hint = close === null ? "" : `; did you mean "${close}"`;
  return { code: "dependency_unknown", why: `there is no task "${reference}" in ${where}${hint}` };
}

function closure(after: ReadonlyMap<string, readonly string[]>): Map<string, ReadonlySet<string>> {
  const upstream = new Map<string, ReadonlySet<string>>();
  for (const id of after.keys()) upstream.set(id, above(id, after, upstream));
  return upstream;
}

/** `known`: what is above the tasks that were asked before, complete. */
function above(
  id: string,
  after: ReadonlyMap<string, readonly string[]>,
  known: ReadonlyMap<string, ReadonlySet<string>>,
): Set<string> {
  const seen = new Set<string>();
  const open = [...after.get(id)!];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (seen.has(next)) continue;
    seen.add(next);
    const far = known.get(next);
    if (far === undefined) open.push(...after.get(next)!);
    else for (const one of far) seen.add(one);
  }
  return seen;
}

/** One finding for each ring of tasks that wait for each other, and one for each task that waits behind a ring. */
function stuckPlaces(tasks: readonly SourceTask[], { upstream }: Graph): Place[] {
  const circular = new Set(tasks.filter(({ id }) => upstream.get(id)!.has(id)).map(({ id }) => id));
  const told = new Set<string>();
  return tasks.flatMap((task) => {
    const before = upstream.get(task.id)!;
    if (!circular.has(task.id)) {
      const ring = [...before].sort().find((id) => circular.has(id));
      if (ring === undefined) return [];
      const message = `Cannot order "${task.id}": it can never start, because it waits for "${ring}", which waits for itself`;
      return [placeOf(task, ["depends_on"], { code: "unreachable", message })];
    }
    if (told.has(task.id)) return [];
    const ring = [...before].filter((id) => upstream.get(id)!.has(task.id)).sort();
    for (const id of ring) told.add(id);
    const names = ring.map((id) => `"${id}"`).join(", ");
    return [
      placeOf(task, ["depends_on"], { code: "cycle", message: `Cannot order the plan: ${names} wait for each other` }),
    ];
  });
}
