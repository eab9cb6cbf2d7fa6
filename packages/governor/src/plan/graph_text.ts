import { counted } from "../counted.ts";
import type { CompiledPlan } from "./compiled.ts";

/** The plan's order as a tree: each task under what it waits for. A task that stands there already is followed by "...". */
export function graphText({
  tasks,
}: {
  tasks: readonly Pick<CompiledPlan["tasks"][number], "id" | "depends_on">[];
}): string {
  const below = new Map<string, string[]>();
  for (const { id, depends_on } of tasks)
    for (const before of depends_on) below.set(before, [...(below.get(before) ?? []), id]);
  const edges = tasks.reduce((sum, { depends_on }) => sum + depends_on.length, 0);
  const told = new Set<string>();
  const lines = [`DAG (${counted(tasks.length, "task")}, ${counted(edges, "edge")}):`];

  function draw(id: string, { lead, indent }: { lead: string; indent: string }): void {
    const children = below.get(id) ?? [];
    const known = told.has(id);
    lines.push(`${lead}${id}${known ? " ..." : ""}`);
    if (known) return;
    told.add(id);
    for (const [at, child] of children.entries()) {
      const last = at === children.length - 1;
      draw(child, { lead: `${indent}${last ? "└─► " : "├─► "}`, indent: `${indent}${last ? "    " : "│   "}` });
    }
  }

  for (const { id, depends_on } of tasks) if (depends_on.length === 0) draw(id, { lead: "  ", indent: "  " });
  return lines.join("\n");
}
