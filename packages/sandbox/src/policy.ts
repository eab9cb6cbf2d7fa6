import { z } from "zod";
import { mayWrite } from "./may_write.ts";
import { claimsByName, isKeptSecret } from "./secret_file.ts";
import { type Judgement, judgeCommand, secretFile } from "./shell/judge.ts";
import type { Shell } from "./shell/open.ts";
import { ProjectRule } from "./shell/project_rule.ts";
import { inScope } from "./test_targets.ts";
import type { Access, Scope } from "./tool.ts";
import { type Decision, insideGit, judgeWrite } from "./write_rules.ts";

/**
 * `[tool_policy]` of project.toml. These rules are hygiene and good manners; the jail is the guarantee.
 * As in the original, `restrict_run_bash` is the master switch: without it none of the others acts.
 */
export const ToolPolicy = z.strictObject({
  restrict_run_bash: z.boolean().default(false),
  require_wrapped_verify_tools: z.boolean().default(false),
  require_uv_run: z.boolean().default(false),
  deny_shell_file_mutations: z.boolean().default(false),
  deny_shell_commands: z.array(z.string().trim().min(1)).default([]),
  rules: z.array(ProjectRule).default([]),
});
export type ToolPolicy = z.infer<typeof ToolPolicy>;

/**
 * All that a decision depends on.
 *
 * `shell`  what reads commands (`openShell`); null is enough where `needsShell` says so
 */
export type Policy = { rules: ToolPolicy; scope: Scope; shell: Shell | null };

/** Whether an access can be judged only with the grammar of the shell, which is worth loading then. */
export const needsShell = ({ rules, scope }: Omit<Policy, "shell">, access: Access): boolean =>
  access.kind === "exec" && rules.restrict_run_bash && mayWrite(scope.role);

/** Judges one access. Pure; what no rule allows is denied; the rule that decided is named. */
export function decide(policy: Policy, access: Access): Decision {
  const { scope } = policy;
  switch (access.kind) {
    case "read":
      return judgeRead(scope, access.path);
    case "write":
      return judgeWrite(scope, access.path);
    case "exec":
      return judgeExec(policy, access.command).decision;
    case "recipe":
      return judgeRecipe(scope, access);
  }
}

function judgeRead(scope: Scope, path: string): Decision {
  if (insideGit(path))
    return {
      allow: false,
      rule: "git_internals",
      layer: "path",
      why: `"${path}" belongs to git and is not shown`,
      part: null,
    };
  if (isKeptSecret(scope, path)) return secretFile(path);
  return { allow: true, rule: "read", layer: "path" };
}

/** Reading is open in the jail, so of a file that may hold secrets a command is told what `read_file` would say. */
export function judgeExec(policy: Policy, command: string): Judgement {
  const { scope } = policy;
  if (!mayWrite(scope.role)) return { decision: readOnly(scope, "run shell commands"), commands: [], undecided: [] };
  return judgeCommand(policy, command, (path) => claimsByName(scope, path));
}

function judgeRecipe(scope: Scope, { recipe, targets }: Extract<Access, { kind: "recipe" }>): Decision {
  const changes = recipe === "lint_fix" || recipe === "format";
  if (changes && !mayWrite(scope.role)) return readOnly(scope, "change files");
  if (recipe !== "test") return { allow: true, rule: `recipe.${recipe}`, layer: "policy" };
  const foreign = targets.find((target) => !inScope(target, scope.test_targets));
  if (foreign === undefined) return { allow: true, rule: "recipe.test", layer: "policy" };
  const own = scope.test_targets.join(", ") || "(none)";
  return {
    allow: false,
    rule: "test_targets",
    layer: "claim",
    part: null,
    why: `"${foreign}" is outside this task's verification scope; name one of its in-scope test targets: ${own}`,
  };
}

const readOnly = (scope: Scope, what: string): Decision => ({
  allow: false,
  rule: "role",
  layer: "role",
  part: null,
  why: `The role "${scope.role}" only reads: it may not ${what}`,
});
