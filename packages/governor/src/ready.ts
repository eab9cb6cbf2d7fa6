import { statSync } from "node:fs";
import { resolve } from "node:path";
import type { TaskId } from "@dgov/kernel";
import { withBudget } from "./budget.ts";
import type { CeilingTable } from "./budget_file.ts";
import { readProject, withLimits } from "./config.ts";
import { counted } from "./counted.ts";
import type { Guest } from "./dispatch/guest.ts";
import { DgovError, type Place } from "./error.ts";
import type { Git } from "./git/git.ts";
import { bootstrap, inspect, refuseDirty } from "./git/readiness.ts";
import type { ShippedCommit } from "./git/shipped.ts";
import { closure, type Mode, type PastRun } from "./history.ts";
import type { CompiledPlan } from "./plan/compiled.ts";
import { compileFolder } from "./plan/store.ts";
import type { FindSymbols } from "./plan/symbols.ts";
import type { Project } from "./project.ts";
import { findPlan } from "./root.ts";
import type { World } from "./session.ts";

/**
 * What a user asks of a run. `plan` is a path as they wrote it, seen from `cwd`; `only` are task ids, [] the whole plan; `profile` is a
 * `[profiles.NAME]`; `ceiling` lowers what the run may spend; `told` hears the compile's warnings before anything is begun; `guest`
 * does all the work, whoever the plan names.
 */
export type RunRequest = {
  cwd: string;
  plan: string;
  only: readonly string[];
  mode: Mode;
  jobs: number | null;
  yes: boolean;
  dry_run: boolean;
  profile?: string | null;
  ceiling?: CeilingTable;
  told?: (warnings: readonly Place[]) => void;
  guest?: Guest;
};

/** What stands before anything is written: the plan, its project, and where it would land. */
export type Ready = {
  root: string;
  git: Git;
  project: Project;
  plan: CompiledPlan;
  warnings: Place[];
  target: string;
  head: string;
};

/** A run wants the plan's folder: a file in it may be only a part of it. @throws DgovError `not_a_plan` */
export function planFolder(root: string, { cwd, plan }: RunRequest): string {
  if (statSync(resolve(cwd, plan), { throwIfNoEntry: false })?.isFile())
    throw new DgovError("not_a_plan", `Cannot run "${plan}": it is a file, and a run requires a plan directory`);
  return findPlan(root, cwd, plan);
}

/**
 * A commit to start from, a branch to land on, and nothing uncommitted that the run would not see. `check` refuses what
 * could not run anyway, before a first commit is made for it.
 */
export async function readyRepository(
  git: Git,
  { yes, dry_run }: RunRequest,
  { world, check }: { world: World; check: () => Promise<unknown> },
): Promise<{ target: string; head: string }> {
  const state = await inspect(git);
  if (state.kind === "ready") {
    await refuseDirty(git);
    return state;
  }
  if (!(yes || state.only_dgov) || dry_run)
    throw new DgovError(
      "repo_empty",
      `Cannot start in "${git.root}": it has no commit yet, and ${counted(state.files.length, "file")} to commit`,
      {
        hint: "Commit them, or run again with --yes to let dgov make the first commit",
      },
    );
  await check();
  await bootstrap(git, world.now_ms());
  world.warn(`Made the first commit of ${counted(state.files.length, "file")}`);
  const made = await inspect(git);
  if (made.kind !== "ready") throw new Error("There is no commit after the first one was made");
  return made;
}

type Looking = {
  dir: string;
  request: Pick<RunRequest, "profile" | "ceiling">;
  env: World["env"];
  path: string | null;
  find: FindSymbols;
};

export async function makeReady(
  { git, root, target, head }: Pick<Ready, "git" | "root" | "target" | "head">,
  { dir, request, env, ...looks }: Looking,
  { past, shipped }: { past: readonly PastRun[]; shipped: readonly ShippedCommit[] },
): Promise<Ready> {
  const project = readProject(root, request.profile ?? null, env);
  const landed = new Set([
    ...past.flatMap(({ started, landed, landing }) =>
      started.tasks.filter(({ id }) => landed.has(id) || landing.has(id)).map(({ unit }) => unit),
    ),
    ...shipped.flatMap(({ unit }) => unit ?? []),
  ]);
  const { plan, places } = await compileOrRefuse(project, dir, { landed, ...looks });
  return {
    root,
    git,
    project: {
      ...project,
      limits: withBudget(withBudget(withLimits(project.limits, plan.limits), plan.budget), request.ceiling),
    },
    plan,
    warnings: places,
    target,
    head,
  };
}

/** @throws DgovError `config_invalid` when `.dgov` is not at the root of the repository */
export function refuseOtherRoot(git: Git, root: string): void {
  if (git.root === root) return;
  throw new DgovError("config_invalid", `Cannot run in "${root}": the repository's root is "${git.root}"`, {
    hint: "Move .dgov to the root of the repository",
  });
}

/** @throws DgovError `plan_invalid` */
export async function compileOrRefuse(
  project: Project,
  dir: string,
  options: { landed?: ReadonlySet<string>; path: string | null; find: FindSymbols },
) {
  const { plan, places } = await compileFolder(project, dir, options);
  if (plan) return { plan, places };
  const errors = places.filter(({ severity }) => severity === "error").length;
  throw new DgovError("plan_invalid", `Cannot compile "${dir}": ${counted(errors, "error")}`, { places });
}

/** @throws DgovError `task_unknown` */
export function wantedTasks(plan: CompiledPlan, only: readonly string[]): TaskId[] {
  const known = new Map(plan.tasks.map((task) => [String(task.id), task.id]));
  const ids = only.map((text) => {
    const id = known.get(text);
    if (!id) throw new DgovError("task_unknown", `Cannot run only "${text}": the plan "${plan.name}" has no such task`);
    return id;
  });
  return ids.length === 0 ? [] : closure(plan, ids);
}
