import { z } from "zod";
import { covers } from "./claim.ts";
import { isSecretFile } from "./secret_file.ts";
import { judgeCommand } from "./shell/judge.ts";
import { secretPlace } from "./shell/places.ts";
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
});
export type ToolPolicy = z.infer<typeof ToolPolicy>;

/** Judges one access. Pure; what no rule allows is denied; the rule that decided is named. */
export function decide(policy: ToolPolicy, scope: Scope, access: Access): Decision {
  switch (access.kind) {
    case "read":
      return judgeRead(scope, access.path);
    case "write":
      return judgeWrite(scope, access.path);
    case "exec":
      if (scope.role !== "worker") return readOnly(scope, "run shell commands");
      return judgeExec(policy, scope, access.command);
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
  if (isSecretFile(path) && !claimedByName(scope, path)) return secret(path);
  return { allow: true, rule: "read", layer: "path" };
}

/** Reading is open in the jail, so of a file that may hold secrets a command is told what `read_file` would say. */
function judgeExec(policy: ToolPolicy, scope: Scope, command: string): Decision {
  const decision = judgeCommand(policy, scope.recipes, command);
  if (!decision.allow || !policy.restrict_run_bash) return decision;
  const path = secretPlace(command, (own) => claimedByName(scope, own));
  return path === null ? decision : secret(path);
}

const claimedByName = ({ read, write }: Scope, path: string): boolean =>
  [...read, ...write].some((claim) => claim.path === path || (claim.kind === "path" && covers(claim, path)));

const secret = (path: string): Decision => ({
  allow: false,
  rule: "secret_file",
  layer: "secret",
  why: `"${path}" may hold secrets; it is read only by a task that claims it by name (\`files.read\`)`,
  part: null,
});

function judgeRecipe(scope: Scope, { recipe, targets }: Extract<Access, { kind: "recipe" }>): Decision {
  const changes = recipe === "lint_fix" || recipe === "format";
  if (changes && scope.role !== "worker") return readOnly(scope, "change files");
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
