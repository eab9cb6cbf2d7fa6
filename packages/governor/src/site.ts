import type { FrozenTest } from "@dgov/kernel/stages";
import type { Isolation, IsolationMaker, IsolationSpec, Level } from "@dgov/sandbox";
import type { Components } from "./components.ts";
import type { Models } from "./dispatch/provider.ts";
import type { Git } from "./git/git.ts";
import type { Pool } from "./git/worktrees.ts";
import type { CompiledPlan, CompiledTask } from "./plan/compiled.ts";
import type { Project } from "./project.ts";
import type { Lifecycle } from "./run_hook.ts";
import type { Symbols } from "./semantic/symbols.ts";
import type { Session, World } from "./session.ts";
import type { Sop } from "./sop_file.ts";
import type { ToolCache } from "./tool_cache.ts";

/**
 * Where a run happens and with what: everything its performers need, opened once and closed with it.
 *
 * `out`    absolute path of the folder for whole logs, `.dgov/out/RUN`
 * `charter` the text of `.dgov/governor.md` when the run was begun or gone on with; null: there is none
 * `target`  the full ref that work lands on
 * `leftOut` frozen commit → paths of its attempt that git ignores, for the words of a refusal; a crash loses only the words
 */
export type Site = {
  world: World;
  session: Session;
  project: Project;
  plan: CompiledPlan;
  sops: readonly Sop[];
  charter: string | null;
  models: Models;
  git: Git;
  pool: Pool;
  jail: Jail;
  components: Components;
  symbols: Symbols;
  target: string;
  out: string;
  leftOut: Map<string, readonly string[]>;
  frozen?: readonly FrozenTest[]; // the acceptance tests of a plan by tests-first; absent: it is none
  lifecycle?: Lifecycle; // the hooks that a person has approved of; absent: none are run
};

/** Starts isolated processes at the level that was chosen for the run, each with a private folder that goes when it stops. */
export type Jail = {
  level: Level;
  start(spec: Omit<IsolationSpec, "tmp" | "env" | "read" | "limits"> & { cache?: ToolCache }): Promise<Isolation>;
  maker: IsolationMaker;
};

/** @throws when the plan has no such task: the run and the plan have parted, which is a bug */
export function unitOf(site: Pick<Site, "plan">, id: string): CompiledTask {
  const task = site.plan.tasks.find((one) => one.id === id);
  if (!task) throw new Error(`No task "${id}" in plan "${site.plan.name}"`);
  return task;
}
