import { readFileSync } from "node:fs";
import { join } from "node:path";
import { openShell, ruleFaults } from "@dgov/sandbox";
import { PROJECT_FILE } from "./config.ts";
import { DgovError, type Place } from "./error.ts";
import type { Project } from "./project.ts";
import { parseToml } from "./toml.ts";

/**
 * Runs the examples of the project's own rules about commands. It loads the grammar of the shell, so it is asked where a
 * plan is compiled, not wherever the configuration is read; a project without such rules pays nothing.
 *
 * @throws DgovError `config_invalid` with the place of each example that its rule contradicts
 */
export async function proveRules({ root, rules }: Project): Promise<void> {
  const own = rules.tool_policy.rules;
  if (own.length === 0) return;
  const faults = ruleFaults((await openShell()).parse, own);
  if (faults.length === 0) return;
  const { toml } = parseToml(readFileSync(join(root, PROJECT_FILE)), PROJECT_FILE);
  const places = faults.map(({ rule, list, index, why }): Place => {
    const spot = toml?.at(["tool_policy", "rules", rule, list, index]) ?? { line: null, column: null };
    const message = `Cannot use the rule "${own[rule]!.name}": ${why}`;
    return { severity: "error", code: "rule_contradicts", message, file: PROJECT_FILE, ...spot, unit: null };
  });
  throw new DgovError("config_invalid", `Cannot use "${PROJECT_FILE}": ${places[0]!.message}`, { places });
}
