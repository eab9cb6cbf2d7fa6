import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { RunRow, Store } from "@dgov/kernel";
import { DgovError } from "./error.ts";
import { type Described, describeCommits, patchOf, reachable } from "./git/describe.ts";
import { createGit, type Git } from "./git/git.ts";
import { shippedOn } from "./git/shipped.ts";
import { type Landings, latestLandings } from "./history.ts";
import { withLog } from "./log.ts";
import { deployedBefore, pastRuns } from "./past.ts";
import type { CompiledPlan } from "./plan/compiled.ts";
import { loadCompiled, staleness } from "./plan/store.ts";
import { ranAs } from "./ran_as.ts";
import { ARCHIVE, findPlanOrArchived, findRoot, HOMES, outOf } from "./root.ts";
import { takenBack } from "./shipped.ts";
import { reviewUnits, type UnitReview } from "./view/plan_review.ts";
import { type PlanRow, type PlanStatus, planRow, type RunStatus, viewPlanStatus } from "./view/plan_status.ts";
import { type WholeSummary, wholeOf } from "./view/whole.ts";

export type { PlanRow, PlanStatus, UnitReview };

type From = { cwd: string; env: Readonly<Record<string, string | undefined>> };

/** How far one plan has come. @throws DgovError `plan_uncompiled`, `plan_invalid`, `plan_not_found`, `not_a_plan` */
export async function readPlanStatus({ cwd, env }: From, plan: string): Promise<PlanStatus> {
  const root = findRoot(cwd);
  const dir = findPlanOrArchived(root, cwd, plan);
  const git = gitOf(root, env);
  const undone = await undoneIn(git);
  return withLog(root, async (log) => statusOf(root, log, { compiled: loadCompiled(root, dir), git, undone }));
}

/** Which plans to list: those one can run, those that are done with, or both. */
export type Shelf = "active" | "archived" | "all";

/** Every plan of the repository, those that people keep first, and of each kind by name. */
export async function readPlanList({ cwd, env }: From, shelf: Shelf): Promise<PlanRow[]> {
  const root = findRoot(cwd);
  const active = shelf === "archived" ? [] : HOMES.flatMap((home) => plansIn(root, home));
  const archived = shelf === "active" ? [] : HOMES.flatMap((home) => plansIn(root, `${home}/${ARCHIVE}`));
  const git = gitOf(root, env);
  const place = { git, undone: await undoneIn(git) };
  return withLog(root, async (log) => {
    const rows: PlanRow[] = [];
    for (const plan of active) rows.push(await rowOf(root, log, { ...plan, archived: false, ...place }));
    for (const plan of archived) rows.push(await rowOf(root, log, { ...plan, archived: true, ...place }));
    return rows;
  });
}

/** A plan's last run, unit by unit. */
export type PlanReview = {
  plan: string;
  source_dir: string;
  run: string | null;
  run_status: RunStatus | null;
  last_run_ts: string | null;
  last_run_duration_s: number;
  deployed: number;
  active: number;
  failed: number;
  pending: number;
  whole: WholeSummary | null; // of all that has landed, taken together; null: it was not asked for, or not yet
  units: readonly ReviewedUnit[];
};

export type ReviewedUnit = UnitReview & {
  commit_message: string | null;
  commit_ts: string | null;
  diff_stat: Described["diff_stat"] | null;
  landed_files: readonly string[];
  full_diff: string | null; // only where it was asked for: what landed, or else what the last attempt left
};

/** `only`: this unit alone · `diffs`, `events`: the units whose patch or whose events are shown */
export type ReviewOptions = { only: string | null; diffs: Named; events: Named };
type Named = readonly string[] | "all";

/** Reviews a plan's last run. @throws DgovError `task_unknown`, and as `readPlanStatus` */
export async function readPlanReview({ cwd, env }: From, plan: string, options: ReviewOptions): Promise<PlanReview> {
  const root = findRoot(cwd);
  const dir = findPlanOrArchived(root, cwd, plan);
  const compiled = loadCompiled(root, dir);
  refuseUnknown(compiled, options);
  const git = gitOf(root, env);
  return withLog(root, async (log) => {
    const last = log.lastRun(ranAs(root, log, dir));
    const landed = landings(root, log, compiled);
    const shape = {
      name: compiled.name,
      tasks: compiled.tasks.map(({ id, summary, role }) => ({
        id,
        summary,
        role,
        landed: landed.get(id)?.commit ?? null,
      })),
    };
    const { run, units } = reviewUnits(
      shape,
      last ? log.read({ run: last.run, after: last.first_seq - 1 }) : [],
      isNamed(options.events),
    );
    const shown = units.filter(({ unit }) => options.only === null || unit === options.only);
    const commits = git
      ? await describeCommits(
          git,
          shown.flatMap(({ commit_sha }) => commit_sha ?? []),
        )
      : new Map();
    const ofHead = { kinds: ["head_judged", "good_head_kept"] as const };
    const whole =
      run && last ? wholeOf(run, [...log.read({ ...ofHead, run: last.run, after: last.first_seq - 1 })]) : null;
    const showsDiff = isNamed(options.diffs);
    const shownIn = { run: last?.run ?? null, commits };
    const count = (...which: UnitReview["status"][]) => shown.filter(({ status }) => which.includes(status)).length;
    return {
      plan: compiled.name,
      source_dir: dir,
      run: last?.run ?? null,
      run_status: run ? (run.status ?? "unfinished") : null,
      last_run_ts: last ? new Date(last.started_at_ms).toISOString() : null,
      last_run_duration_s: last ? (last.last_at_ms - last.started_at_ms) / 1000 : 0,
      deployed: count("deployed"),
      active: count("active"),
      failed: count("failed"),
      pending: count("not_run", "skipped"),
      whole,
      units: await inTurn(shown, (unit) => withCommit(unit, { ...shownIn, diff: showsDiff(unit.unit) ? git : null })),
    };
  });
}

const isNamed =
  (named: Named) =>
  (id: string): boolean =>
    named === "all" || named.includes(id);

/** Each may start a git: not a thousand at once. */
async function inTurn<From, To>(all: readonly From[], work: (one: From) => Promise<To>): Promise<To[]> {
  const done: To[] = [];
  for (let at = 0; at < all.length; at += GITS_AT_ONCE)
    done.push(...(await Promise.all(all.slice(at, at + GITS_AT_ONCE).map(work))));
  return done;
}

const GITS_AT_ONCE = 4;

async function withCommit(
  unit: UnitReview,
  { run, commits, diff }: { run: string | null; commits: ReadonlyMap<string, Described>; diff: Git | null },
): Promise<ReviewedUnit> {
  const own = unit.reported ? null : unit.commit_sha;
  const described = commits.get(own ?? "");
  const shown = own ?? unit.kept_sha;
  const log = unit.output?.log ?? null;
  const folder = `.dgov/out/${run ?? ""}/${outOf({ task: unit.unit, attempt: unit.attempts })}`;
  return {
    ...unit,
    output: unit.output && { ...unit.output, log: log && `${folder}/${log}` },
    commit_message: described?.message ?? null,
    commit_ts: described?.at ?? null,
    diff_stat: described?.diff_stat ?? null,
    landed_files: described?.files ?? [],
    full_diff: diff && shown !== null ? await patchOf(diff, shown) : null,
  };
}

function refuseUnknown(plan: CompiledPlan, { only, diffs, events }: ReviewOptions) {
  const named = [...(only === null ? [] : [only]), ...[diffs, events].flatMap((ids) => (ids === "all" ? [] : ids))];
  const unknown = named.find((id) => !plan.tasks.some((task) => task.id === id));
  if (unknown !== undefined)
    throw new DgovError("task_unknown", `Cannot review "${unknown}": the plan "${plan.name}" has no such task`);
}

/** Null where there is no repository: a plan can be read without one. */
const gitOf = (root: string, env: From["env"]): Git | null =>
  existsSync(join(root, ".git")) ? createGit(root, env) : null;

function plansIn(root: string, folder: string): { name: string; path: string }[] {
  const path = join(root, folder);
  if (!existsSync(path)) return [];
  const isPlan = (name: string) =>
    !name.startsWith("_") && name !== ARCHIVE && existsSync(join(path, name, "_root.toml"));
  return readdirSync(path)
    .filter(isPlan)
    .sort()
    .map((name) => ({ name, path: `${folder}/${name}` }));
}

/** `undone`: landings that were reverted since. */
type Place = { git: Git | null; undone: ReadonlySet<string> };
type Listed = Place & { name: string; path: string; archived: boolean };

const undoneIn = async (git: Git | null): Promise<ReadonlySet<string>> =>
  takenBack(git === null ? [] : await shippedOn(git, "HEAD"));

async function rowOf(root: string, log: Store, { git, undone, ...plan }: Listed): Promise<PlanRow> {
  const how = staleness(root, plan.path);
  if (how === "uncompiled" || how === "damaged") return planRow(plan, null);
  return planRow(plan, await statusOf(root, log, { compiled: loadCompiled(root, plan.path), git, undone }));
}

async function statusOf(root: string, log: Store, { compiled, git, undone }: Place & { compiled: CompiledPlan }) {
  const { name, dir, tasks } = compiled;
  const last = log.lastRun(ranAs(root, log, dir));
  const landed = landings(root, log, compiled);
  const there = git
    ? await reachable(
        git,
        [...landed.values()].map(({ commit }) => commit),
      )
    : new Set<string>();
  const isThere = (commit: string) => there.has(commit) && !undone.has(commit);
  const still: Landings = new Map([...landed].filter(([, { commit }]) => isThere(commit)));
  const facts = {
    name,
    dir,
    tasks,
    stale: staleness(root, dir) !== null,
    run_status: last ? runStatus(log, last) : null,
  };
  return viewPlanStatus(facts, still);
}

function runStatus(log: Store, { run, first_seq }: RunRow): RunStatus {
  const [ended] = log.read({ run, kinds: ["run_ended"], after: first_seq - 1 });
  return ended?.event.kind === "run_ended" ? ended.event.status : "unfinished";
}

/** Where each unit of the plan, as it is now, has landed. */
const landings = (root: string, log: Store, { name, dir, tasks }: CompiledPlan) =>
  latestLandings(pastRuns(log, ranAs(root, log, dir)), tasks, deployedBefore(root, name));
