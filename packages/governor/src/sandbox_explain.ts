import { type Explanation, explainCall, openShell } from "@dgov/sandbox";
import { readProject } from "./config.ts";
import { scopeOf } from "./dispatch/scope.ts";
import { DgovError } from "./error.ts";
import { findRoot } from "./root.ts";
import { claimantOf, type Trial } from "./sandbox_trial.ts";

export type { Explanation, JudgedAccess, JudgedCommand } from "@dgov/sandbox";

/**
 * Says what would happen to a call under the project's rules, and what decides, without making it. Needs no repository.
 *
 * @throws DgovError `usage` for a call that nobody could make, `config_invalid`
 */
export async function explainForUser({ cwd }: { cwd: string }, trial: Trial): Promise<Explanation> {
  const root = findRoot(cwd);
  const project = readProject(root);
  const claimant = claimantOf(trial, project);
  if (trial.tool in project.rules.tools)
    throw new DgovError("usage", `Cannot explain "${trial.tool}": it is a component, whose input it alone describes`, {
      hint: `Try it: dgov sandbox call --tool ${trial.tool} --args …`,
    });
  const policy = {
    rules: project.rules.tool_policy,
    scope: scopeOf(project, claimant, "HEAD"),
    shell: await openShell(),
  };
  return explainCall(policy, { tool: trial.tool, input: trial.args }, root);
}
