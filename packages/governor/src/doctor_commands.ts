import { readProject } from "./config.ts";
import { type Check, OK, type Patient } from "./doctor_check.ts";
import { DgovError } from "./error.ts";
import { missingPrograms, missingWords } from "./missing_programs.ts";
import type { Project } from "./project.ts";
import { testsElsewhere } from "./tests_elsewhere.ts";

/**
 * Whether the project's own commands can judge anything: the programs that they begin with are here, without one of which its gate
 * has no answer and nothing lands, and so are the tests. Where a setup_cmd may bring a program, it is only noted. A broken
 * configuration has been told already.
 */
export function commandChecks(root: string, { env }: Patient): Check[] {
  let project: Project;
  try {
    project = readProject(root, null, env);
  } catch (error) {
    if (error instanceof DgovError) return [];
    throw error;
  }
  const missing = missingPrograms(project, env.PATH ?? "");
  return [...programCheck(project, missing), ...testsCheck(project)];
}

function testsCheck(project: Project): Check[] {
  const detail = testsElsewhere(project);
  const cure = 'Set test_dir = "." in .dgov/project.toml where tests lie beside what they test, or name their folder';
  return detail === null ? [] : [{ name: "tests", state: "note", code: null, cure, detail }];
}

function programCheck(project: Project, missing: ReturnType<typeof missingPrograms>): Check[] {
  const name = "commands";
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
