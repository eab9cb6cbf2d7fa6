import { ClaimError, normalisePath } from "./claim.ts";
import { execAnswer } from "./exec_answer.ts";
import { shellPath } from "./shell_quote.ts";
import { targetPath } from "./test_targets.ts";
import type { Access, Answer, Host, RecipeName, Scope } from "./tool.ts";
import { TOOL_LIMITS } from "./tool_limits.ts";

/** The key of `project.toml` that configures a recipe, for messages, and the placeholder it is given targets through. */
const RECIPES: Readonly<Record<RecipeName, { key: string; placeholder: string }>> = {
  test: { key: "test_cmd", placeholder: "{test_dir}" },
  lint: { key: "lint_cmd", placeholder: "{file}" },
  lint_fix: { key: "lint_fix_cmd", placeholder: "{file}" },
  format: { key: "format_cmd", placeholder: "{file}" },
  type_check: { key: "type_check_cmd", placeholder: "{file}" },
};

/** Who refuses a recipe that was never started: what it answers says nothing of the work. */
export const NOT_RUN = "recipe";

/** The tool through which a model runs each recipe. */
export const RECIPE_TOOLS = {
  test: "run_tests",
  lint: "lint_check",
  lint_fix: "lint_fix",
  format: "format_file",
  type_check: "type_check",
} as const satisfies Readonly<Record<RecipeName, string>>;

/** Runs one of the project's commands on targets that are paths, each a quoted word whatever it is called. */
export async function runRecipe(host: Host, name: RecipeName, targets: readonly string[]): Promise<Answer> {
  const { key, placeholder } = RECIPES[name];
  const recipe = host.scope.recipes[name];
  const fail = (why: string): Answer => ({ ok: false, text: `Error: Cannot run ${key}: ${why}`, refused_by: NOT_RUN });
  if (recipe === null) return fail("the project does not configure it");
  const takes = recipe.includes(placeholder);
  if (!takes && (name === "lint_fix" || name === "format"))
    return fail(`it must contain '${placeholder}', or it would change files that are not claimed`);
  if (takes && targets.length === 0) return fail(noTargets(name));
  for (const target of targets) {
    const path = targetPath(target);
    if (path !== "." && (await host.stat(path)) === null) return fail(`"${path}" does not exist`);
  }
  const result = await host.exec({
    command: takes ? fill(recipe, placeholder, targets) : recipe,
    timeout_ms: TOOL_LIMITS.verify_ms,
    output_max_bytes: TOOL_LIMITS.log_max_bytes,
    clip_bytes: TOOL_LIMITS.shown_bytes,
  });
  return execAnswer(result, TOOL_LIMITS.verify_ms);
}

/** The command that a recipe is with these targets; null: there is none, or it needs targets and has none. */
export function filledRecipe({ recipes }: Scope, name: RecipeName, targets: readonly string[]): string | null {
  const { placeholder } = RECIPES[name];
  const recipe = recipes[name];
  if (!recipe?.includes(placeholder)) return recipe;
  return targets.length === 0 ? null : fill(recipe, placeholder, targets);
}

export function srcDir({ src_dir }: Scope): string {
  try {
    return normalisePath(src_dir);
  } catch (error) {
    if (error instanceof ClaimError) return ".";
    throw error;
  }
}

/** The files and directories this task may write, as far as they have names. */
export const claimedPaths = ({ write }: Scope): string[] => [
  ...new Set(write.filter(({ kind }) => kind !== "glob").map(({ path }) => path)),
];

/** What a recipe that changes files would touch. */
export function writingAccess(recipe: "lint_fix" | "format", file: string | undefined, scope: Scope): Access[] {
  const targets = file === undefined ? claimedPaths(scope) : [file];
  return [{ kind: "recipe", recipe, targets }, ...targets.map((path): Access => ({ kind: "write", path }))];
}

function noTargets(name: RecipeName): string {
  return name === "test" ? "this task has no in-scope test targets" : 'no claimed file is named; say which in "file"';
}

/** The placeholder's own quotes are dropped: each target is quoted already, and quotes around quotes would open it. */
function fill(recipe: string, placeholder: string, targets: readonly string[]): string {
  const words = targets.map(shellPath).join(" ");
  return recipe
    .replaceAll(`'${placeholder}'`, placeholder)
    .replaceAll(`"${placeholder}"`, placeholder)
    .replaceAll(placeholder, () => words);
}
