import { createHash } from "node:crypto";
import type { EventOf } from "@dgov/kernel";
import { ROLES } from "@dgov/worker";
import type { CompiledTask } from "../plan/compiled.ts";
import { taskKind } from "../routing.ts";
import type { Site } from "../site.ts";

/**
 * What kind of task it is, and a digest of what every task of its role is told: the role's own words, the project's, and
 * its procedures. What is of this task alone (its prompt, claims, what was learned) is not in it, so that attempts at
 * different tasks can be compared.
 */
export function briefingOf(
  { project, sops }: Pick<Site, "project" | "sops">,
  unit: CompiledTask,
): NonNullable<EventOf<"task_dispatched">["briefing"]> {
  const { conventions, test_markers, line_length } = project.worker;
  const procedures = sops.filter(({ name }) => unit.sops.includes(name));
  const words = [
    ROLES[unit.role].prompt,
    conventions,
    test_markers,
    line_length,
    project.rules.tool_policy,
    procedures,
  ];
  const prompt = createHash("sha256").update(JSON.stringify(words)).digest("hex");
  return { task_kind: taskKind(unit), prompt };
}
