import type { TaskId } from "@dgov/kernel";
import { type Approver, digestOf, type StageSaid } from "@dgov/kernel/stages";
import type { Standing } from "@dgov/kernel/standing";
import { symbolFinder } from "./claimable.ts";
import { proveRules } from "./command_rules.ts";
import { landedUnits } from "./compile.ts";
import { readProject } from "./config.ts";
import { DgovError, type Place } from "./error.ts";
import type { Git } from "./git/git.ts";
import { targetHead } from "./git/land.ts";
import { inspect, openRepository } from "./git/readiness.ts";
import { shippedOn } from "./git/shipped.ts";
import { withLog } from "./log.ts";
import type { CompiledPlan, CompiledTask } from "./plan/compiled.ts";
import { compileFolder } from "./plan/store.ts";
import { type Later, laterOf, makeTasks } from "./planning/later.ts";
import type { Project } from "./project.ts";
import { appendRecord } from "./record_files.ts";
import { findPlan, findRoot } from "./root.ts";
import type { World } from "./session.ts";
import type { Red } from "./settlement/red/redness.ts";
import { shippedOf } from "./shipped.ts";
import { sayStanding } from "./tests_first/approved.ts";
import { unwritten, writeTests, writtenFor } from "./tests_first/author.ts";
import { askCritic } from "./tests_first/critic.ts";
import { pruneTests } from "./tests_first/prune.ts";
import { type Situation, situationOf, stageStream } from "./tests_first/situation.ts";
import { blanksIn, SPEC_FILE } from "./tests_first/spec_text.ts";
import { checkAll } from "./tests_first/workshop.ts";

export type { Approver };

type From = Pick<World, "env" | "self" | "now_ms" | "signal"> & { cwd: string };

/**
 * How far a plan by tests-first has come. `missing`: what is missing, in words; null: nothing, it can be run. `places`: why it
 * does not compile.
 */
export type StagesView = {
  plan: string;
  dir: string;
  next: Standing["next"];
  why: Standing["why"];
  drafts: boolean; // there is the spec alone: tasks are made of it when it is approved and gone on with
  missing: string | null;
  spec: { hash: string; approved: Approval | null } | null;
  tests: readonly TestView[];
  approved: Approval | null; // of the plan, if it holds
  places: readonly Place[];
};
type Approval = Approver & { at: string }; // ISO 8601

/** One frozen test, or one that is declared. `frozen`: its sha-256 as it was frozen; `intact`: it is so on the target's head. */
export type TestView = {
  task: string;
  path: string;
  frozen: string | null;
  intact: boolean;
  red: (Pick<Red, "is" | "code" | "failed" | "passed"> & { commit: string }) | null;
};

/** @throws DgovError `plan_not_found`, `not_a_plan`, `stage_refused` for a plan that is not by tests-first */
export async function planStages(from: From, text: string): Promise<StagesView> {
  return viewOf(await open(from, text));
}

type Opened = {
  git: Git;
  root: string;
  dir: string;
  head: string;
  target: string;
  project: Project;
  plan: CompiledPlan | null;
  places: Place[];
  landed: ReadonlySet<TaskId>;
  later: Later | null; // its tasks are yet to be made, of this and the spec
};
type Now = Opened & Situation;

async function open({ cwd, env, self }: From, text: string): Promise<Now> {
  const root = findRoot(cwd);
  const dir = findPlan(root, cwd, text);
  const git = await openRepository(root, env);
  const state = await inspect(git);
  if (state.kind !== "ready") throw new DgovError("repo_empty", `Cannot plan in "${root}": it has no commit yet`);
  const { target } = state;
  const head = await targetHead(git, target);
  const project = readProject(root, null, env);
  await proveRules(project);
  const units = await landedUnits(root, dir);
  const looks = { path: env.PATH ?? null, find: symbolFinder(self), providers: "advised" as const };
  const { plan, places } = await compileFolder(project, dir, { ...looks, landed: units });
  if (plan && !plan.method)
    throw new DgovError("stage_refused", `Cannot take "${dir}" by stages: it is not by tests-first`, {
      hint: `Write method = "tests-first" under [plan] in ${dir}/_root.toml`,
    });
  const shipped = plan ? shippedOf(plan, await shippedOn(git, head), new Set()) : new Map<string, string>();
  const done = (plan?.tasks ?? []).filter(({ id, unit }) => units.has(unit) || shipped.has(id));
  const later = plan === null ? laterOf(root, dir) : null;
  const seen = { git, root, dir, head, target, project, plan, places, later };
  const opened = { ...seen, landed: new Set(done.map(({ id }) => id)) };
  return { ...opened, ...(await situationOf(opened, plan)) };
}

function viewOf({ plan, dir, places, stages, facts, standing, spec, later }: Now): StagesView {
  const { next, why } = standing;
  const approval = (said: (Approver & { at_ms: number }) | null): Approval | null =>
    said && { by: said.by, name: said.name, at: new Date(said.at_ms).toISOString() };
  const tests = (plan?.tasks ?? []).flatMap(({ id, files: { tests: paths = [] } }) =>
    paths.map((path): TestView => {
      const frozen = stages.frozen?.tests.find((test) => test.task === id && test.path === path)?.sha256 ?? null;
      const said = stages.red.get(id);
      const red = said && {
        is: said.is,
        code: said.code,
        failed: said.failed,
        passed: said.passed,
        commit: said.commit,
      };
      return { task: id, path, frozen, intact: frozen !== null && facts.tests.get(path) === frozen, red: red ?? null };
    }),
  );
  return {
    ...{ plan: plan?.name ?? dir, dir, next, why, drafts: later !== null },
    missing: next === "run" ? null : next === "plan" && later ? "its tasks are not made yet" : sayStanding(standing),
    spec: spec && { hash: spec.hash, approved: stages.spec?.spec === spec.hash ? approval(stages.spec) : null },
    tests,
    approved: next === "run" ? approval(stages.plan) : null,
    places: later ? [] : places.filter(({ severity }) => severity === "error"),
  };
}

const say = ({ root, dir }: Pick<Opened, "root" | "dir">, at_ms: number, said: StageSaid) =>
  appendRecord(root, stageStream(dir), { at_ms, said });

/**
 * A person approves what waits for it: the spec as it is, or the plan with its spec and its frozen tests as they are.
 *
 * @param name of the person; null: as git knows them, or the machine
 * @throws DgovError `stage_refused` where something else comes first, or the spec has blanks
 */
export async function approvePlan(
  from: From,
  text: string,
  { what, name }: { what: "spec" | "plan"; name: string | null },
): Promise<StagesView> {
  const now = await open(from, text);
  const wanted = what === "spec" ? "approve_spec" : "approve_plan";
  if (now.standing.next !== wanted)
    throw new DgovError("stage_refused", `Cannot approve the ${what} of "${now.dir}": ${sayStanding(now.standing)}`, {
      hint: `See what comes next with "dgov plan stages ${now.dir}"`,
    });
  approve(now, from.now_ms(), { by: "person", name: name?.trim() || (await personIn(now.git, from.env)) });
  return viewOf(await open(from, text));
}

/** As git would sign a commit, or as the machine calls whoever is logged in. */
async function personIn(git: Git, env: From["env"]): Promise<string> {
  const { bytes } = await git.ask(["config", "--get", "user.email"], { ok: [0, 1], user: true });
  return new TextDecoder().decode(bytes).trim() || env.LOGNAME || env.USER || "unknown";
}

/** @throws DgovError `stage_refused` for a spec with blanks */
function approve(now: Now, at_ms: number, approver: Approver): void {
  const { spec, plan, stages, dir } = now;
  if (spec === null) throw new Error("There is no spec to approve");
  const blanks = blanksIn(spec.text);
  if (blanks.length > 0)
    throw new DgovError(
      "stage_refused",
      `Cannot approve "${dir}/${SPEC_FILE}": it says nothing of ${blanks.join(", ")}`,
      {
        hint: `Write something under each of these headings; "None." is something`,
      },
    );
  if (now.standing.next === "approve_spec") {
    say(now, at_ms, { kind: "spec_approved", spec: spec.hash, ...approver });
    return;
  }
  if (plan === null) throw new Error("There is no plan to approve");
  const tests = digestOf(stages.frozen?.tests ?? []);
  say(now, at_ms, { kind: "plan_approved", spec: spec.hash, plan: plan.hash, tests, ...approver });
}

/** `auto`: who approves in a person's place, a critic who is asked; null: nobody. `told`: hears of each step as it is done. */
export type Continuing = { auto: Approver | "critic" | null; told: (line: string) => void };

/**
 * Takes every step that needs no person: has tasks made of an approved spec where they wait for it, has tests written where the
 * project has an author of tests, freezes those that are there, sees that they are red, and approves where it is told to. Each
 * step is a record before the next begins, so that whoever is killed goes on from the last.
 */
export async function continuePlan(
  from: World & { cwd: string },
  text: string,
  { auto, told }: Continuing,
): Promise<StagesView> {
  for (let done = ""; ; ) {
    const now = await open(from, text);
    const { next } = now.standing;
    if (next === done || from.signal.aborted) return viewOf(now); // it was tried, and did not help
    done = next;
    if (next === "plan" && now.later) {
      told("A plan is made of the spec");
      await makeTasks(from, { ...now, spec: now.spec?.text ?? "", made: now.later }, told);
    } else if (next === "tests" && now.plan) {
      await haveWritten(now, now.plan, from, told);
      if (!(await freezeTests(await open(from, text), from.now_ms()))) return viewOf(await open(from, text));
      told("The tests are frozen");
    } else if (next === "red" && now.plan) await seeRed(now, now.plan, from, told);
    else if ((next === "approve_spec" || next === "approve_plan") && auto) {
      const approver = auto === "critic" ? await criticOf(now, from, told) : auto;
      if (approver === null) return viewOf(now);
      approve(now, from.now_ms(), approver);
      told(`${next === "approve_spec" ? "The spec" : "The plan"} is approved (${approver.by})`);
    } else return viewOf(now);
  }
}

/** @returns null where the critic does not approve, which is told */
async function criticOf(now: Now, from: World, told: Continuing["told"]): Promise<Approver | null> {
  const { root, dir, spec, plan, standing } = now;
  const what = standing.next === "approve_spec" ? "spec" : "plan";
  const said = await askCritic({ root, what, spec: spec?.text ?? "", plan, about: plan?.name ?? dir }, from);
  if ("approver" in said) return said.approver;
  for (const line of said.against) told(`The critic does not approve the ${what}: ${line}`);
  return null;
}

/** Where nobody has the role, tests are written by people. */
async function haveWritten(now: Now, plan: CompiledPlan, from: World & { cwd: string }, told: Continuing["told"]) {
  const { root, facts, project, spec } = now;
  const missing = unwritten({ root, plan, tests: facts.tests });
  if (missing.length === 0 || !project.limits.routing.tiers.test_author) return;
  told(`Tests are written for ${missing.map(({ id }) => `"${id}"`).join(", ")}`);
  const failed = await writeTests(root, { root, plan, spec: spec?.text ?? "", tests: facts.tests }, from);
  for (const line of failed) told(`No tests came of ${line}`);
}

/** @returns whether all declared tests are on the target's head, so that there was something to freeze */
async function freezeTests(now: Now, at_ms: number): Promise<boolean> {
  const { plan, facts, git, root, dir, stages } = now;
  if (!plan) return false;
  const tests = plan.tasks.flatMap(({ id, files: { tests: paths = [] } }) =>
    paths.map((path) => ({ task: id, path, sha256: facts.tests.get(path) ?? "" })),
  );
  if (tests.length === 0 || tests.some(({ sha256 }) => sha256 === "")) return false;
  const declared = new Set(tests.map(({ path }) => path));
  const made = await withLog(root, (log) => writtenFor(git, log, plan));
  const written = tests.flatMap(({ path, sha256 }) => (made.get(path) === sha256 ? [{ path, sha256 }] : []));
  const { head, pruned } = await pruneTests({ ...now, git, root, dir, stages, declared }, at_ms);
  say(now, at_ms, { kind: "tests_frozen", commit: head, tests, written, pruned });
  return true;
}

/** Asks of each task that is not done, and not known to be red, whether its tests are. */
async function seeRed(now: Now, plan: CompiledPlan, from: From, told: Continuing["told"]): Promise<void> {
  const { stages, landed, head } = now;
  const frozen = stages.frozen?.tests ?? [];
  const digest = (task: CompiledTask) => digestOf(frozen.filter(({ task: id }) => id === task.id));
  const isKnown = (task: CompiledTask) => {
    const said = stages.red.get(task.id);
    return (
      said?.is === "red" && !now.facts.moved(said.commit) && said.unit === task.unit && said.tests === digest(task)
    );
  };
  const asked = plan.tasks.filter(
    (task) => (task.files.tests ?? []).length > 0 && !landed.has(task.id) && !isKnown(task),
  );
  await checkAll({ ...now, plan }, asked, from, (task, { is, code, failed, passed, message }) => {
    const { id, unit } = task;
    const seen = { is, code, failed, passed, commit: head };
    say(now, from.now_ms(), { kind: "red_checked", task: id, unit, tests: digest(task), ...seen });
    told(`"${id}": ${is === "red" ? "red" : `not red (${code})`}: ${message}`);
  });
}
