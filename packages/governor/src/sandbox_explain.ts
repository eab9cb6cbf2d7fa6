import { type Explanation, explainCall, type Level, openShell, type Scope } from "@dgov/sandbox";
import { openComponents } from "./components.ts";
import { readProject } from "./config.ts";
import { scopeOf } from "./dispatch/scope.ts";
import { headCommit } from "./git/head.ts";
import { openRepository } from "./git/readiness.ts";
import { openJail } from "./jail.ts";
import type { Project } from "./project.ts";
import { findRoot } from "./root.ts";
import { claimantOf, readLadder, type Trial } from "./sandbox_trial.ts";
import type { World } from "./session.ts";
import type { Jail } from "./site.ts";

export type { Explanation, JudgedAccess, JudgedCommand } from "@dgov/sandbox";

type Around = Pick<World, "self" | "now_ms" | "env"> & { cwd: string };

/**
 * Says what would happen to a call under the project's rules, and what decides, without making it. Needs no repository,
 * but for a component: that is read from HEAD, and compiled when it never was, in a jail, as before a run.
 *
 * @param level null: what a run here would get
 * @throws DgovError `usage` for a call that nobody could make, `config_invalid`; for a component also `repo_missing`,
 *   `repo_empty`, `sandbox_missing`
 */
export async function explainForUser(around: Around, trial: Trial, level: Level | null): Promise<Explanation> {
  const root = findRoot(around.cwd);
  const project = readProject(root);
  const scope = scopeOf(project, claimantOf(trial, project), "HEAD");
  const policy = {
    rules: project.rules.tool_policy,
    scope: { ...scope, components: await componentsOf(around, project, trial.tool) },
    shell: await openShell(),
  };
  const place = {
    root,
    level: level ?? (await readLadder(around)).in_force,
    reads: project.rules.sandbox.read === "all" ? "all" : "limited",
  } as const;
  return explainCall(policy, { tool: trial.tool, input: trial.args }, place);
}

/** The one component that is asked about: the others have no say. */
async function componentsOf(
  { cwd, ...world }: Around,
  project: Project,
  tool: string,
): Promise<NonNullable<Scope["components"]>> {
  const declared = project.rules.tools[tool];
  if (declared === undefined) return [];
  const git = await openRepository(cwd, world.env);
  const rules = { ...project.rules, tools: { [tool]: declared }, gates: {} };
  const start: Jail["start"] = async (spec) => (await openJail(project.rules.sandbox, world)).start(spec); // hardly ever
  const opening = { git, project: { ...project, rules }, head: await headCommit(git), jail: { start } };
  return (await openComponents(opening)).tools;
}
