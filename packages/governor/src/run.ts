import { mkdirSync, statSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join, resolve } from "node:path";
import { type EventOf, RunId, type Store, type TaskId, type TaskSpec } from "@dgov/kernel";
import { readProject, withLimits } from "./config.ts";
import { bindModels, type Models } from "./dispatch/provider.ts";
import { DgovError, type Place } from "./error.ts";
import { reachable } from "./git/describe.ts";
import type { Git } from "./git/git.ts";
import { bootstrap, inspect, openRepository, refuseDirty } from "./git/readiness.ts";
import { openPool, poolFolder } from "./git/worktrees.ts";
import { closure, decideStart, type Mode, type PastRun, type Start } from "./history.ts";
import { openJail } from "./jail.ts";
import { takeRepository } from "./lock.ts";
import { openWritable } from "./log.ts";
import { runLoop } from "./loop.ts";
import { mendLanding } from "./mend_landing.ts";
import { deployedBefore, pastRuns } from "./past.ts";
import { performersOf } from "./perform.ts";
import type { CompiledPlan } from "./plan/compiled.ts";
import { compileFolder, writeCompiled } from "./plan/store.ts";
import type { Project } from "./project.ts";
import { keepOrphans, recover } from "./recover.ts";
import { findPlan, findRoot } from "./root.ts";
import { Session, type World } from "./session.ts";
import type { Site } from "./site.ts";
import { readSops } from "./sops.ts";
import { type RunSummary, sayFinding, summarise, type TaskSummary } from "./view/run_summary.ts";

export { sayFinding };

/** What a user asks of a run. `plan` is a path as they wrote it, seen from `cwd`; `only` are task ids, [] the whole plan. */
export type RunRequest = {
  cwd: string;
  plan: string;
  only: readonly string[];
  mode: Mode;
  jobs: number | null;
  yes: boolean;
  dry_run: boolean;
};

/**
 * How a call of `dgov run` ended. `did`: what it amounted to. `exit`: 0 when all of it has landed, 1 when not,
 * 130 when the user stopped it.
 */
export type RunView = Omit<RunSummary, "status"> & {
  did: "ran" | "resumed" | "nothing" | "planned";
  status: RunSummary["status"] | "planned";
  warnings: Place[];
  duration_s: number;
  hint: string | null;
  exit: number;
};

/** What stands before anything is written: the plan, its project, and where it would land. */
type Ready = {
  root: string;
  git: Git;
  project: Project;
  plan: CompiledPlan;
  warnings: Place[];
  target: string;
  head: string;
};

/**
 * Compiles a plan and runs it to its end, or goes on with the run that was begun.
 *
 * @throws DgovError for everything that is refused before the first event, and for a machine that fails the run
 */
export async function runPlan(request: RunRequest, world: World): Promise<RunView> {
  const start_ms = world.now_ms();
  const git = await openRepository(findRoot(request.cwd), world.env);
  if (request.dry_run) return underLock(git, request, { world, start_ms });
  const lock = takeRepository(await git.commonDir(), start_ms);
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
  if (!request.dry_run) await mendLanding(git, root);
  const dir = planFolder(root, request);
  const path = world.env.PATH ?? null;
  const at = await readyRepository(git, request, {
    world,
    check: () => compileOrRefuse(readProject(root), dir, { path }),
  });
  const log = openWritable(root, { readonly: request.dry_run });
  try {
    const past = pastRuns(log, dir);
    const ready = makeReady({ git, root, ...at }, { dir, path }, past);
    const { plan, warnings } = ready;
    const only = wantedTasks(plan, request.only);
    const before = deployedBefore(root, plan.name);
    const commits = [...past.map(({ landed }) => landed), before].flatMap((landed) => [...landed.values()]);
    const there = await reachable(
      git,
      commits.map(({ commit }) => commit),
    );
    const isThere = (commit: string) => there.has(commit);
    const decided = decideStart(plan, past, request.mode, { only, target: at.target, reachable: isThere, before });
    const models = bindModels(ready, world);
    if (request.dry_run) return planned(ready, { only, decided, start_ms, world });
    const ended = (id: string, did: RunView["did"]) => viewOf(log, RunId.parse(id), { did, warnings, start_ms, world });
    if (decided.do === "nothing") return ended(decided.run, "nothing");
    writeCompiled(root, plan);
    const id = await carryOut(ready, { decided, only, models, log, request }, world);
    return ended(id, decided.do === "resume" ? "resumed" : "ran");
  } finally {
    log.close();
  }
}

/** A run wants the plan's folder: a file in it may be only a part of it. @throws DgovError `not_a_plan` */
function planFolder(root: string, { cwd, plan }: RunRequest): string {
  if (statSync(resolve(cwd, plan), { throwIfNoEntry: false })?.isFile())
    throw new DgovError("not_a_plan", `Cannot run "${plan}": it is a file, and a run requires a plan directory`);
  return findPlan(root, cwd, plan);
}

/**
 * A commit to start from, a branch to land on, and nothing uncommitted that the run would not see. `check` refuses what
 * could not run anyway, before a first commit is made for it.
 */
async function readyRepository(
  git: Git,
  { yes, dry_run }: RunRequest,
  { world, check }: { world: World; check: () => unknown },
): Promise<{ target: string; head: string }> {
  const state = await inspect(git);
  if (state.kind === "ready") {
    await refuseDirty(git);
    return state;
  }
  if (!(yes || state.only_dgov) || dry_run)
    throw new DgovError(
      "repo_empty",
      `Cannot start in "${git.root}": it has no commit yet, and ${state.files.length} file(s) to commit`,
      {
        hint: "Commit them, or run again with --yes to let dgov make the first commit",
      },
    );
  check();
  await bootstrap(git, world.now_ms());
  world.warn(`Made the first commit of ${state.files.length} file(s)`);
  const made = await inspect(git);
  if (made.kind !== "ready") throw new Error("There is no commit after the first one was made");
  return made;
}

function makeReady(
  { git, root, target, head }: Pick<Ready, "git" | "root" | "target" | "head">,
  { dir, path }: { dir: string; path: string | null },
  past: readonly PastRun[],
): Ready {
  if (git.root !== root)
    throw new DgovError("config_invalid", `Cannot run in "${root}": the repository's root is "${git.root}"`, {
      hint: "Move .dgov to the root of the repository",
    });
  const project = readProject(root);
  const landed = new Set(
    past.flatMap(({ started, landed, landing }) =>
      started.tasks.filter(({ id }) => landed.has(id) || landing.has(id)).map(({ unit }) => unit),
    ),
  );
  const { plan, places } = compileOrRefuse(project, dir, { landed, path });
  return {
    root,
    git,
    project: { ...project, limits: withLimits(project.limits, plan.limits) },
    plan,
    warnings: places,
    target,
    head,
  };
}

/** @throws DgovError `plan_invalid` */
function compileOrRefuse(
  project: Project,
  dir: string,
  options: { landed?: ReadonlySet<string>; path: string | null },
) {
  const { plan, places } = compileFolder(project, dir, options);
  if (plan) return { plan, places };
  const errors = places.filter(({ severity }) => severity === "error").length;
  throw new DgovError("plan_invalid", `Cannot compile "${dir}": ${errors} error(s)`, { places });
}

/** @throws DgovError `task_unknown` */
function wantedTasks(plan: CompiledPlan, only: readonly string[]): TaskId[] {
  const known = new Map(plan.tasks.map((task) => [String(task.id), task.id]));
  const ids = only.map((text) => {
    const id = known.get(text);
    if (!id) throw new DgovError("task_unknown", `Cannot run only "${text}": the plan "${plan.name}" has no such task`);
    return id;
  });
  return ids.length === 0 ? [] : closure(plan, ids);
}

type Carrying = {
  decided: Extract<Start, { do: "start" | "resume" }>;
  only: readonly TaskId[];
  models: Models;
  log: Store;
  request: RunRequest;
};

/** Opens what a run needs, begins or resumes it, and performs it. @returns its id */
async function carryOut(ready: Ready, { decided, only, models, log, request }: Carrying, world: World): Promise<RunId> {
  const { root, git, project, plan, target, head } = ready;
  const jail = await openJail(project.rules.sandbox.min, world);
  const session =
    decided.do === "resume"
      ? Session.resume(RunId.parse(decided.run), log, world)
      : Session.begin(
          newRunId(world),
          log,
          world,
          startedEvent(ready, { carried: decided.carried, only, request, world }),
        );
  if (decided.do === "resume") session.record({ kind: "run_resumed", head });
  session.record({ kind: "sandbox_chosen", level: jail.level, detail: jail.detail });
  const out = join(root, ".dgov/out", session.id);
  mkdirSync(out, { recursive: true });
  const pool = openPool(git, { folder: poolFolder(root, world.env), now_ms: world.now_ms });
  try {
    const { sops } = readSops(root).sops;
    const site: Site = {
      world,
      session,
      project,
      plan,
      sops,
      models,
      git,
      pool,
      jail,
      target,
      out,
      leftOut: new Map(),
    };
    if (decided.do === "resume") await recover(site, request.mode);
    else await keepOrphans(site);
    await runLoop(session, performersOf(site), world.signal);
  } finally {
    await pool.close();
  }
  return session.id;
}

type Starting = { carried: ReadonlyMap<TaskId, string>; only: readonly TaskId[]; request: RunRequest; world: World };

function startedEvent(
  { project, plan, target, head }: Ready,
  { carried, only, request, world }: Starting,
): EventOf<"run_started"> {
  const { limits } = project;
  const tasks = plan.tasks
    .filter(({ id }) => only.length === 0 || only.includes(id))
    .map(
      ({ id, depends_on, role, unit }): TaskSpec => ({
        id,
        after: [...depends_on],
        role,
        unit,
        carried: carried.get(id) ?? null,
      }),
    );
  return {
    kind: "run_started",
    plan: plan.name,
    plan_dir: plan.dir,
    plan_hash: plan.hash,
    config_hash: project.hash,
    target,
    head,
    source: runSource(world.env),
    only: [...only],
    jobs: request.jobs ?? limits.jobs ?? Math.max(2, availableParallelism()),
    tasks,
    retry: {
      retries: limits.retries,
      settlement_retries: limits.settlement_retries,
      tiers: 1,
      backoff_ms: [...limits.backoff_ms],
    },
    limits: limits.run,
  };
}

/** Who asked for the run: DGOV_RUN_SOURCE, or `manual`. @throws DgovError `usage` */
function runSource(env: World["env"]): string {
  const source = env.DGOV_RUN_SOURCE?.trim().toLowerCase() || "manual";
  if (/^[a-z0-9][a-z0-9_.:-]{0,63}$/.test(source)) return source;
  throw new DgovError("usage", `Cannot use DGOV_RUN_SOURCE "${source}": it must be a short word`, {
    hint: "Use letters, digits and _ . : - only, at most 64, beginning with a letter or digit",
  });
}

/** Sorts by time, and two that begin in one second differ. */
function newRunId({ now_ms, random }: World): RunId {
  const time = new Date(now_ms()).toISOString().replace(/[-:]|\..*/g, "");
  const chance = Math.floor(random() * 0x10000)
    .toString(16)
    .padStart(4, "0");
  return RunId.parse(`r${time}-${chance}`);
}

type Viewing = { did: RunView["did"]; warnings: Place[]; start_ms: number; world: World };

function viewOf(log: Store, id: RunId, { did, warnings, start_ms, world }: Viewing): RunView {
  const events = [...log.read({ run: id })];
  const summary = summarise(id, events);
  const failed = summary.status !== "complete";
  const hint =
    did === "nothing" && failed
      ? `The plan is as it was in the last run. Try again what failed: dgov run ${summary.plan_dir} --continue`
      : null;
  return {
    ...summary,
    did,
    warnings,
    duration_s: Math.round(world.now_ms() - start_ms) / 1000,
    hint,
    exit: summary.status === "interrupted" ? 130 : failed ? 1 : 0,
  };
}

type Planning = { only: readonly TaskId[]; decided: Start; start_ms: number; world: World };

/** What `--dry-run` says: the run that would begin or go on, and what of it has landed already. */
function planned({ plan, target, warnings }: Ready, { only, decided, start_ms, world }: Planning): RunView {
  const carried = decided.do === "start" ? decided.carried : new Map<TaskId, string>();
  const wanted = plan.tasks.filter(({ id }) => only.length === 0 || only.includes(id));
  const tasks = wanted.map(
    ({ id }): TaskSummary => ({
      task: id,
      state: carried.has(id) ? "landed" : "waiting",
      attempts: 0,
      commit: carried.get(id) ?? null,
      cause: null,
      gate: null,
      reason: null,
      findings: [],
    }),
  );
  const named = (state: TaskSummary["state"]) => tasks.filter((task) => task.state === state).map(({ task }) => task);
  return {
    status: "planned",
    succeeded: named("landed"),
    failed: [],
    skipped: [],
    unfinished: named("waiting"),
    run: decided.do === "start" ? "" : decided.run,
    plan: plan.name,
    plan_dir: plan.dir,
    target,
    tasks,
    spent: { calls: 0, tokens: 0, cost_usd: 0 },
    pending: null,
    did: decided.do === "nothing" ? "nothing" : "planned",
    warnings,
    duration_s: (world.now_ms() - start_ms) / 1000,
    hint: decided.do === "resume" ? `It would go on with run ${decided.run}` : null,
    exit: 0,
  };
}
