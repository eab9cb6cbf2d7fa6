import type { Store } from "@dgov/kernel";
import { newRunId, startedEvent } from "../begin.ts";
import { openComponents, withComponents } from "../components.ts";
import { readProject } from "../config.ts";
import { bindModels } from "../dispatch/provider.ts";
import { readyPrograms } from "../dispatch/ready_programs.ts";
import { DgovError } from "../error.ts";
import type { Git } from "../git/git.ts";
import { inspect, openRepository } from "../git/readiness.ts";
import { poolFolder, removeDeadLocks } from "../git/worktrees.ts";
import { inSite } from "../in_site.ts";
import { openJail } from "../jail.ts";
import { outliveKilled, takeRepository } from "../lock.ts";
import { openWritable } from "../log.ts";
import { type Performers, runLoop } from "../loop.ts";
import { mendLanding } from "../mend_landing.ts";
import type { CompiledPlan } from "../plan/compiled.ts";
import { ownCommands } from "../programs.ts";
import type { Project } from "../project.ts";
import { refuseOtherRoot } from "../ready.ts";
import { keepOrphans } from "../recover.ts";
import { findRoot } from "../root.ts";
import { Session, type World } from "../session.ts";
import type { Site } from "../site.ts";
import { withSteering } from "../steering/desk.ts";

/**
 * A plan that is in no folder, and who carries it out. `prepare`: the project as it is for it, and the plan; it refuses what
 * cannot be run. `isNeeded`: whether anything is to be done at all; absent: it is. `head`: the commit on which it begins.
 */
export type Own = {
  prepare: (project: Project) => { project: Project; plan: CompiledPlan };
  isNeeded?: (log: Store, plan: CompiledPlan, head: string) => boolean;
  performers: (site: Site, head: string) => Performers;
};

/** What has run; null: nothing was needed. */
export type Ran = { session: Session; head: string } | null;

/**
 * Runs a plan of dgov's own from its first event to its last. It takes the repository for as long as it lasts.
 *
 * @throws DgovError for everything that is refused before the first event, and for a machine that fails the run
 */
export async function ownRun(cwd: string, own: Own, world: World): Promise<Ran> {
  const root = findRoot(cwd);
  const git = await openRepository(root, world.env);
  refuseOtherRoot(git, root);
  const common = await git.commonDir();
  await outliveKilled(common);
  const lock = takeRepository(common, world.now_ms());
  try {
    await mendLanding(git, root);
    removeDeadLocks(poolFolder(root, world.env), world.now_ms());
    const log = openWritable(root, { readonly: false });
    try {
      return await underLock({ git, root, log, world }, own);
    } finally {
      log.close();
    }
  } finally {
    lock.release();
  }
}

type Place = { git: Git; root: string; log: Store; world: World };

async function underLock({ git, root, log, world }: Place, { prepare, isNeeded, performers }: Own): Promise<Ran> {
  const { project, plan } = prepare(readProject(root, null, world.env));
  const models = bindModels({ plan, project }, world);
  const state = await inspect(git);
  if (state.kind !== "ready")
    throw new DgovError(
      "repo_empty",
      `Cannot ask about "${git.root}": it has no commit yet, and only commits are read`,
    );
  const { target, head } = state;
  if (isNeeded && !isNeeded(log, plan, head)) return null;
  const jail = await openJail({ ...withComponents(project), commands: ownCommands(project, plan) }, world);
  readyPrograms(models.programs, jail.level, world);
  const components = await openComponents({ git, project, head, jail });
  const ready = { root, git, project, plan, warnings: [], target, head };
  const request = { jobs: 1 };
  const started = startedEvent(ready, { carried: new Map(), only: [], request, world, base: null });
  const session = Session.begin(newRunId(world), log, world, started);
  session.record({ kind: "sandbox_chosen", level: jail.level, detail: jail.detail });
  const parts = { world, session, project, plan, models, git, jail, components, target };
  await inSite(parts, async (site) => {
    await keepOrphans(site);
    await withSteering({ root, run: session.id, wait_ms: 0 }, world, (steering) =>
      runLoop(session, performers(site, head), world.signal, steering),
    );
  });
  return { session, head };
}
