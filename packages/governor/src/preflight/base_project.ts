import { projectFrom } from "../config.ts";
import type { Git } from "../git/git.ts";
import type { Project } from "../project.ts";
import { PROJECT_FILE } from "../project_file.ts";
import { isScriptHook, RULES_FOLDER } from "../settlement/rules/load.ts";

/**
 * The project as a commit has it: what is to be judged never brings its own judges. null: the commit has none.
 *
 * @throws DgovError `config_invalid`
 */
export async function projectAt(git: Git, commit: string): Promise<Project | null> {
  const [file, ...rest] = await git.objects.info([PROJECT_FILE, ...AT_ROOT].map((path) => `${commit}:${path}`));
  if (!file) return null;
  const there = new Set(AT_ROOT.filter((_, at) => rest[at] !== null));
  return projectFrom(git.root, await git.objects.content(file.oid), (name) => there.has(name));
}

/** What implies a setup. */
const AT_ROOT = ["pyproject.toml", "uv.lock"];

/** Whether a project judges by its contents alone: it names no command, no hook and no component. */
export function isQuiet({ commands, rules }: Project): boolean {
  const { lint, format_check, type_check, test, coverage } = commands;
  return (
    [lint, format_check, type_check, test, coverage].every((one) => one === null) &&
    rules.baselines.by === "dgov" &&
    !rules.review_hooks.length &&
    !Object.keys(rules.gates).length
  );
}

/** Whether nothing at all is asked but about paths and contents, as far as a configuration says. */
export const isSilent = (project: Project): boolean =>
  isQuiet(project) &&
  [project.rules.baselines.apis, project.rules.baselines.specs].every((tables) => Object.keys(tables).length === 0);

/** Whether any of its judges is a script of the interpreter, which needs an isolation. */
export const hasRules = async (git: Pick<Git, "objects">, commit: string, project: Project): Promise<boolean> =>
  (await git.objects.info([`${commit}:${RULES_FOLDER}`]))[0] !== null || project.rules.review_hooks.some(isScriptHook);
