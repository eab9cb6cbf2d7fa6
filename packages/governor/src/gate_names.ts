import { TOOL_NAMES } from "@dgov/sandbox/tool_names";
import type { ProjectFile } from "./config_file.ts";
import type { Place } from "./error.ts";
import type { Project } from "./project.ts";
import type { Toml } from "./toml.ts";

/** dgov's own gates, by the names under which their verdicts are kept. */
export const GATE_NAMES: readonly string[] = [
  ...["claims", "evidence", "integration", "semantic", "structure", "api", "policy", "script_hooks", "setup", "hooks"],
  ...["lint", "format", "types", "generated", "tests", "coverage", "sentrux", "specs", "review", "frozen", "red"],
  "lifecycle",
];

/** Every gate that can answer for a task of a project. */
export const gateNames = ({ rules }: Pick<Project, "rules">): string[] => [...GATE_NAMES, ...Object.keys(rules.gates)];

/** A name says who answered: no component may bear one of ours. */
export function namePlaces({ tools, gates }: ProjectFile, toml: Toml): Place[] {
  const taken = (table: "tools" | "gates", names: readonly string[], ours: readonly string[]): Place[] =>
    names
      .filter((name) => ours.includes(name))
      .map((name) => {
        const message = `Cannot use the name "${name}" in [${table}.${name}]: dgov has ${table} of its own, and this is one; choose another`;
        const spot = toml.at([table, name]);
        return { severity: "error", code: "name_taken", message, file: toml.file, ...spot, unit: null };
      });
  return [...taken("tools", Object.keys(tools), TOOL_NAMES), ...taken("gates", Object.keys(gates), GATE_NAMES)];
}
