import { covers, formatClaim, isReserved } from "./claim.ts";
import { fnmatch } from "./fnmatch.ts";
import { mayWrite } from "./may_write.ts";
import type { Scope } from "./tool.ts";

/** Which part of the policy spoke: the tool's schema, the role, a rule about commands, a claim, secrets, a path. */
export type Layer = "schema" | "role" | "policy" | "claim" | "secret" | "path";

/**
 * What the policy says to one access, and by which rule of which layer. `why` is a sentence for the model.
 *
 * `part`  of a command, the simple command that the refusal is about, as it is written; null: all of it, or no command
 */
export type Decision =
  | { allow: true; rule: string; layer: Layer }
  | { allow: false; rule: string; layer: Layer; why: string; part: string | null };

/** Whether a task may write a path. The order is from what nobody may to what this task may not. */
export function judgeWrite(scope: Scope, path: string): Decision {
  const deny = (rule: string, why: string, layer: Layer = "claim"): Decision => ({
    allow: false,
    rule,
    layer,
    why: `"${path}" ${why}`,
    part: null,
  });
  if (!mayWrite(scope.role)) return deny("role", `cannot be written: the role "${scope.role}" only reads`, "role");
  if (insideGit(path)) return deny("git_internals", "belongs to git; dgov commits for you", "path");
  if (isReserved(path)) return deny("reserved", "belongs to dgov: the work cannot supply what judges it");
  const denied = scope.deny.find((pattern) => fnmatch(pattern, path));
  if (denied !== undefined)
    return deny("scope.deny_files", `is denied to every task by the pattern "${denied}" of [scope] deny_files`);
  if (scope.allow.length > 0 && !scope.allow.some((pattern) => fnmatch(pattern, path)))
    return deny("scope.allow_files", "is outside the project's allowlist, [scope] allow_files");
  if (scope.write.some((claim) => covers(claim, path))) return { allow: true, rule: "claim", layer: "claim" };
  return deny("claim", unclaimed(scope, path));
}

export const insideGit = (path: string): boolean => path.split("/").some((part) => part.toLowerCase() === ".git");

function unclaimed(scope: Scope, path: string): string {
  const own = scope.write.length === 0 ? "nothing" : scope.write.map(formatClaim).join(", ");
  const cure =
    'if the task needs it, call done with outcome "blocked" and name it, so that the plan can claim it (`files.edit`)';
  if (scope.read.some((claim) => covers(claim, path)))
    return `is claimed for reading only; this task may write ${own}; ${cure}`;
  return `is not claimed by this task, which may write ${own}; ${cure}`;
}
