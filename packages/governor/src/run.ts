import { type EventOf, RunId, type Store, type TaskId } from "@dgov/kernel";
import { newRunId, startedEvent } from "./begin.ts";
import { refuseUnlanded } from "./by_hand/unlanded.ts";
import { takeDown } from "./case_law.ts";
import { symbolFinder } from "./claimable.ts";
import { proveRules } from "./command_rules.ts";
import { forgetOthers, openComponents, withComponents } from "./components.ts";
import { readProject } from "./config.ts";
import { bindModels, type Models } from "./dispatch/provider.ts";
import { readyPrograms } from "./dispatch/ready_programs.ts";
import { DgovError } from "./error.ts";
import { reachable } from "./git/describe.ts";
import type { Git } from "./git/git.ts";
import { targetHead } from "./git/land.ts";
import { openRepository } from "./git/readiness.ts";
import { shippedOn } from "./git/shipped.ts";
import { poolFolder, removeDeadLocks } from "./git/worktrees.ts";
import { baseOf, decideStart, type Start } from "./history.ts";
import { inSite } from "./in_site.ts";
import { openJail, refuseNativeGates } from "./jail.ts";
import type { PinnedHooks } from "./lifecycle/pinned.ts";
import { approvedHooks } from "./lifecycle.ts";
import { outliveKilled, takeRepository } from "./lock.ts";
import { openWritable } from "./log.ts";
import { runLoop } from "./loop.ts";
import { mendLanding } from "./mend_landing.ts";
import { missingPrograms, missingWords } from "./missing_programs.ts";
import { refuseHosts } from "./network.ts";
import { deployedBefore, pastRuns } from "./past.ts";
import { performersOf } from "./perform.ts";
import { writeCompiled } from "./plan/store.ts";
import { refuseBrokenRules } from "./policy_check.ts";
import { ownCommands } from "./programs.ts";
import type { Project } from "./project.ts";
import { ranAs } from "./ran_as.ts";
import {
  compileOrRefuse,
  makeReady,
  planFolder,
  type Ready,
  type RunRequest,
  readyRepository,
  refuseOtherRoot,
  wantedTasks,
} from "./ready.ts";
import { keepOrphans, recover } from "./recover.ts";
import { refreshStructure } from "./refresh_structure.ts";
import { findRoot } from "./root.ts";
import { planned, type RunView, viewOf } from "./run_view.ts";
import { Session, type World } from "./session.ts";
import { refuseShipped, shippedOf, takenBack } from "./shipped.ts";
import type { Site } from "./site.ts";
import { withSteering } from "./steering/desk.ts";
import { hearBefore } from "./steering/heard_before.ts";
import { testsElsewhere } from "./tests_elsewhere.ts";
import { type Approved, approvedToBegin } from "./tests_first/approved.ts";
import { sayFinding } from "./view/run_summary.ts";

export { type RunRequest, type RunView, sayFinding };

/**
 * Compiles a plan and runs it to its end, or goes on with the run that was begun.
 *
 * @throws DgovError for everything that is refused before the first event, and for a machine that fails the run
 */
export async function runPlan(request: RunRequest, world: World): Promise<RunView> {
  const start_ms = world.now_ms();
  const root = findRoot(request.cwd);
  const git = await openRepository(root, world.env);
  refuseOtherRoot(git, root); // what looks for the plan's past would look elsewhere
  if (request.dry_run) return underLock(git, request, { world, start_ms });
  const common = await git.commonDir();
  await outliveKilled(common);
  const lock = takeRepository(common, start_ms);
  try {
    return await underLock(git, request, { world, start_ms });
  } finally {
    lock.release();
  }
}

type Outside = { world: World; start_ms: number };

/** Looks, decides, and does it. Nobody else writes the log or lands meanwhile. */
async function underLock(git: Git, request: RunRequest, { world, start_ms }: Outside): Promise<RunView> {
  const root = findRoot(request.cwd);
  if (!request.dry_run) {
    await mendLanding(git, root);
    removeDeadLocks(poolFolder(root, world.env), start_ms);
  }
  const dir = planFolder(root, request);
  const looks = { path: world.env.PATH ?? null, find: symbolFinder(world.self) };
  const at = await readyRepository(git, request, {
    world,
    async check() {
      const project = readProject(root, request.profile, world.env);
      await approvedHooks(git, project, world.env);
      await compileOrRefuse(project, dir, looks);
    },
  });
  await proveRules(readProject(root, request.profile, world.env));
  const log = openWritable(root, { readonly: request.dry_run });
  try {
    const past = pastRuns(log, ranAs(root, log, dir));
    const commits = await shippedOn(git, await targetHead(git, at.target));
    const ready = await makeReady(
      { git, root, ...at },
      { dir, request, env: world.env, ...looks },
      { past, shipped: commits },
    );
    const { plan, warnings } = ready;
    request.told?.(warnings);
    const only = wantedTasks(plan, request.only);
    const before = deployedBefore(root, plan.name);
    const landings = [...past.map(({ landed }) => landed), before].flatMap((landed) => [...landed.values()]);
    const bases = past.flatMap(({ started }) => started.final?.base ?? []);
    const there = await reachable(git, [...landings.map(({ commit }) => commit), ...bases]);
    const undone = takenBack(commits);
    const isThere = (commit: string) => there.has(commit) && !undone.has(commit);
    const shipped = shippedOf(plan, commits, new Set(log.runs().map(({ run }) => run)));
    const about = { only, target: at.target, reachable: isThere, config: ready.project.hash, before, shipped };
    const decided = decideStart(plan, past, request.mode, about);
    refuseShipped({ plan, mode: request.mode, only }, shipped, decided);
    if (decided.do === "resume") refuseOtherTerms(past[0]?.started, request, ready.project);
    const approved = await approvedToBegin(log, decided, { git, root, dir, head: ready.head }, plan);
    if (request.guest) refuseUnlanded(request.only, { only, decided, past });
    const models = bindModels(ready, world, request.guest);
    if (request.dry_run) return planned(ready, { only, decided, past, start_ms, world });
    const ended = (id: string, did: RunView["did"]) => {
      const view = viewOf(log, RunId.parse(id), { did, warnings, start_ms, world });
      takeDown(root, log, view, world.now_ms());
      return view;
    };
    if (decided.do === "nothing") return ended(decided.run, "nothing");
    const hooks = await approvedHooks(git, ready.project, world.env);
    writeCompiled(root, plan);
    const base = baseOf(past, decided, isThere);
    const runs = past.map((one) => RunId.parse(one.id));
    const id = await carryOut(ready, { decided, only, models, log, request, base, approved, hooks, past: runs }, world);
    return ended(id, decided.do === "resume" ? "resumed" : "ran");
  } finally {
    log.close();
  }
}

/**
 * Who is asked half-way is no comparison, and a slip of the pen; by other rules half of the work would be judged otherwise.
 *
 * @throws DgovError `usage`, `config_changed`
 */
function refuseOtherTerms(
  started: EventOf<"run_started"> | undefined,
  { profile, plan }: RunRequest,
  { hash }: Project,
): void {
  const begun = started?.profile ?? null;
  const told = (name: string | null) => (name === null ? "without a profile" : `with the profile "${name}"`);
  if (begun !== (profile ?? null))
    throw new DgovError("usage", `Cannot go on ${told(profile ?? null)}: the run was begun ${told(begun)}`, {
      hint: `Go on with "dgov run ${plan}${begun === null ? "" : ` --profile ${begun}`}", or begin anew with --restart`,
    });
  if (started !== undefined && started.config_hash !== hash)
    throw new DgovError(
      "config_changed",
      `Cannot go on with the run of "${plan}": its configuration has changed since`,
      {
        hint: `Begin a run that keeps what has landed with "dgov run ${plan} --continue", or put the configuration back`,
      },
    );
}

type Carrying = {
  decided: Extract<Start, { do: "start" | "resume" }>;
  only: readonly TaskId[];
  models: Models;
  log: Store;
  request: RunRequest;
  base: string | null;
  hooks: PinnedHooks | null; // what a person has approved of; null: the project has none
  past: readonly RunId[]; // runs of the plan, newest first
  approved: Approved | null; // null: the plan has no frozen tests, or the log has them
};

/** Opens what a run needs, begins or resumes it, and performs it. @returns its id */
async function carryOut(
  ready: Ready,
  { decided, only, models, log, request, base, approved, hooks, past }: Carrying,
  world: World,
): Promise<RunId> {
  const { root, git, project, plan, target, head } = ready;
  const jail = await openJail({ ...withComponents(project), commands: ownCommands(project, plan) }, world);
  refuseNativeGates(jail.level, project, plan);
  refuseHosts(jail.level, project.rules.sandbox);
  readyPrograms(models.programs, jail.level, world);
  warnOfMissing(project, world);
  await refuseBrokenRules(jail, { git, project, head }, world.signal);
  const components = await openComponents({ git, project, head, jail });
  forgetOthers(root, components);
  const session =
    decided.do === "resume"
      ? Session.resume(RunId.parse(decided.run), log, world)
      : Session.begin(
          newRunId(world),
          log,
          world,
          startedEvent(ready, { carried: decided.carried, only, request, world, base }),
        );
  if (approved) session.record({ kind: "tests_frozen", ...approved });
  if (decided.do === "resume") session.record({ kind: "run_resumed", head });
  session.record({ kind: "sandbox_chosen", level: jail.level, detail: jail.detail });
  await inSite({ world, session, project, plan, models, git, jail, components, target, hooks }, async (site) => {
    if (decided.do === "resume") await recover(site, request.mode);
    else await keepOrphans(site);
    hearBefore(root, { session, log }, past);
    const place = { root, run: session.id, wait_ms: project.limits.approval.wait_ms };
    await withSteering(place, world, (steering) => runLoop(session, performersOf(site), world.signal, steering));
    await keepRest(site);
    await refreshStructure(site);
  });
  return session.id;
}

/** Told before anything is spent: a gate whose program is not there has no answer, and nothing lands; one without tests says nothing. */
function warnOfMissing(project: Ready["project"], { env, warn }: World): void {
  const missing = project.commands.setup === null ? missingPrograms(project, env.PATH ?? "") : [];
  if (missing.length > 0) warn(`There is no such program, so that nothing can land: ${missingWords(missing)}`);
  const unjudged = testsElsewhere(project);
  if (unjudged !== null) warn(unjudged);
}

/** What could not be kept when its attempt ended, once more. It stays in its worktree where that fails again. */
async function keepRest(site: Site): Promise<void> {
  try {
    await keepOrphans(site);
  } catch (error) {
    if (!(error instanceof DgovError)) throw error;
    site.world.warn(`Some work is in its worktree alone, until the next run can keep it: ${error.message}`);
  }
}
