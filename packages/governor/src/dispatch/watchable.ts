import { posix } from "node:path";
import { changesFiles } from "@dgov/kernel/role";
import { DgovError, type Place } from "../error.ts";
import type { CompiledPlan, CompiledTask } from "../plan/compiled.ts";
import type { Project } from "../project.ts";
import { PROJECT_FILE } from "../project_file.ts";
import type { Binding } from "./provider.ts";

type Asked = { plan: Pick<CompiledPlan, "tasks">; project: Pick<Project, "rules"> };

/**
 * Where the project refuses work whose tests nobody saw fail, nobody may be asked for what cannot be seen, before anything is spent on it.
 *
 * @param ladders who may work on each task
 * @throws DgovError `config_invalid` with each task, and why
 */
export function refuseUnwatchable({ plan, project }: Asked, ladders: ReadonlyMap<string, readonly Binding[]>): void {
  if (project.rules.evidence.unwatched_tests !== "refuse") return;
  const places = plan.tasks.flatMap((task): Place[] => {
    const why = whyUnwatchable(task, ladders.get(task.id) ?? []);
    if (why === null) return [];
    const at = { file: PROJECT_FILE, line: null, column: null, unit: task.id };
    return [
      {
        severity: "error",
        code: "tests_unwatchable",
        message: `Nobody can see the tests of "${task.id}" fail: ${why}`,
        ...at,
      },
    ];
  });
  if (places.length === 0) return;
  const message = `Cannot keep [settlement] unwatched_tests = "refuse": it would refuse whatever ${places.length} of the tasks come to`;
  const hint = 'Mend each task that is listed, or set unwatched_tests = "tell" in .dgov/project.toml';
  throw new DgovError("config_invalid", message, { places, hint });
}

/** @returns null: they can be seen, as far as can be told by now */
function whyUnwatchable({ role, test_cmd, files }: CompiledTask, ladder: readonly Binding[]): string | null {
  if (test_cmd === null || !changesFiles(role)) return null;
  const program = ladder.find((one) => one.program !== null)?.program;
  if (program)
    return `the command-line agent "${program.name}" may do it, whose calls are not seen; give it another agent, or no test_cmd`;
  const missing = PYTEST.test(test_cmd) ? filesIn(test_cmd).find((path) => files.create.includes(path)) : undefined;
  if (missing === undefined) return null;
  return `"${missing}", which its test_cmd runs, is there only when the task has made it, and pytest has no failing test before; let a task before it write the test`;
}

/** Its status for a file that is not there is none of a test that fails. */
const PYTEST = /\bpy\.?test\b/;

/** The words of a command that may be files, as pytest takes them: a test in one is named behind `::`. */
const filesIn = (command: string): string[] =>
  command
    .split(/[\s;|&()<>"'`=]+/)
    .flatMap((word) => (word === "" ? [] : posix.normalize(word.split("::")[0] ?? word)));
