import { readProject } from "./config.ts";
import { type Check, OK, type Patient } from "./doctor_check.ts";
import { DgovError } from "./error.ts";
import { missingPrograms, missingWords } from "./missing_programs.ts";
import type { Project } from "./project.ts";

/**
 * Whether the programs are here that the project's own commands begin with: without one of them its gate has no answer, and
 * nothing lands. Where a setup_cmd may bring it, it is only noted. A broken configuration has been told already.
 */
export function commandChecks(root: string, { env }: Patient): Check[] {
  const name = "commands";
  let project: Project;
  try {
    project = readProject(root, null, env);
  } catch (error) {
    if (error instanceof DgovError) return [];
    throw error;
  }
  const missing = missingPrograms(project, env.PATH ?? "");
  if (missing.length === 0) return [{ ...OK, name, detail: "what they begin with is here" }];
  const cure = "Install it, or set another command in .dgov/project.toml";
  if (project.commands.setup !== null && !missing.some(({ keys }) => keys.includes("setup_cmd")))
    return [
      {
        name,
        state: "note",
        code: null,
        cure,
        detail: `not here unless setup_cmd brings it: ${missingWords(missing)}`,
      },
    ];
  const detail = `there is no such program, so that nothing could land: ${missingWords(missing)}`;
  return [{ name, state: "fault", code: "program_missing", cure, detail }];
}
