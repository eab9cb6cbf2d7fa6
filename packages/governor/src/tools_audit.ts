import { changesFiles, ROLES, type Role } from "@dgov/kernel/role";
import { toolsOf } from "@dgov/sandbox/registry";
import { readProject } from "./config.ts";
import { withLog } from "./log.ts";
import { findRoot } from "./root.ts";
import { type ToolUse, type ToolUses, toolUses, USE_KINDS, type UseFilter } from "./view/tool_use.ts";

export type { ToolUse, UseFilter };

export { ROLES };

/** `offered`: what each role has today, the project's own tools last; `never_called` those of it that no run has used. */
export type ToolsAudit = ToolUses & {
  offered: Readonly<Record<string, readonly string[]>>;
  never_called: readonly string[];
};

/** What workers are offered, how it was used in all runs of the log, and which rule refused it. */
export async function auditTools({ cwd }: { cwd: string }, filter: UseFilter): Promise<ToolsAudit> {
  const root = findRoot(cwd);
  const own = Object.entries(readProject(root).rules.tools);
  const ownOf = (role: Role) => own.filter(([, { write }]) => !write || changesFiles(role)).map(([name]) => name);
  const roles = ROLES.filter((role) => filter.role === null || filter.role === role);
  const offered = Object.fromEntries(
    roles.map((role) => [role, [...toolsOf(role).map(({ name }) => name), ...ownOf(role)]]),
  );
  return withLog(root, (log) => {
    const uses = toolUses(log.read({ kinds: USE_KINDS }), { ...filter, limit: null });
    const called = new Set(uses.tools.map(({ tool }) => tool));
    const all = new Set(Object.values(offered).flat());
    return {
      ...uses,
      tools: filter.limit === null ? uses.tools : uses.tools.slice(0, filter.limit),
      offered,
      never_called: [...all].filter((name) => !called.has(name)).sort(),
    };
  });
}
