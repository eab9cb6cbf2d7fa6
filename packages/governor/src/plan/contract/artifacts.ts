import type { Place } from "../../error.ts";
import type { Graph } from "../graph.ts";
import { placeOf, type SourceTask } from "../source.ts";

/**
 * What is wrong with what tasks make for each other: each thing has one maker, and whoever builds upon it waits for that
 * one, directly or by way of others. Features B16.
 */
export function artifactPlaces(tasks: readonly SourceTask[], graph: Graph): Place[] {
  const maker = new Map<string, string>();
  const doubled = tasks.flatMap((task) =>
    task.table.produces.flatMap((name, at) => {
      const first = maker.get(name);
      if (first === undefined) {
        maker.set(name, task.id);
        return [];
      }
      const message = `Cannot let "${task.id}" produce "${name}": "${first}" produces it`;
      return [placeOf(task, ["produces", at], { code: "artifact_made_twice", message })];
    }),
  );
  return [...doubled, ...tasks.flatMap((task) => consumed(task, maker, graph))];
}

function consumed(task: SourceTask, maker: ReadonlyMap<string, string>, { upstream }: Graph): Place[] {
  return task.table.consumes.flatMap((name, at) => {
    const by = maker.get(name);
    if (by !== undefined && upstream.get(task.id)!.has(by)) return [];
    const fault =
      by === undefined
        ? { code: "artifact_unmade", why: "no task of the plan produces it" }
        : { code: "artifact_not_upstream", why: `"${by}" produces it, and is not waited for; add it to depends_on` };
    const message = `Cannot let "${task.id}" consume "${name}": ${fault.why}`;
    return [placeOf(task, ["consumes", at], { code: fault.code, message })];
  });
}
