import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { cloneAt } from "./bench/clone.ts";
import { type Frozen, repositoryIn, runProfile } from "./bench/profile_run.ts";
import { BENCH_FORMAT, type BenchRow, BenchSummary, benchSchema, spentIn } from "./bench/summary.ts";
import { digestOf, testFiles } from "./bench/tests.ts";
import type { CeilingTable } from "./budget_file.ts";
import { symbolFinder } from "./claimable.ts";
import { readProject } from "./config.ts";
import { counted } from "./counted.ts";
import { DgovError } from "./error.ts";
import type { Git } from "./git/git.ts";
import { takeLock } from "./git/lockfile.ts";
import { inspect, openRepository, refuseDirty } from "./git/readiness.ts";
import { poolFolder } from "./git/worktrees.ts";
import { jsonIn } from "./json_text.ts";
import { repositoryHolder } from "./lock.ts";
import { amountOf, microsOf } from "./money.ts";
import { compileFolder } from "./plan/store.ts";
import type { Project } from "./project.ts";
import { PROJECT_FILE } from "./project_file.ts";
import { removeTree } from "./remove_tree.ts";
import { findPlan, findRoot } from "./root.ts";
import type { World } from "./session.ts";
import { writeAtomic } from "./write.ts";

export { type BenchRow, type BenchSummary, benchSchema };

/**
 * What a user asks of a bench. `ceiling`: of all profiles together; `out`: the folder for what is written, null for one in
 * `.dgov/runtime/bench`; `keep`: the repositories that were worked in stay; `told` hears of each profile as it begins and ends.
 */
export type BenchRequest = {
  cwd: string;
  plan: string;
  profiles: readonly string[];
  jobs: number | null;
  ceiling: CeilingTable;
  out: string | null;
  keep: boolean;
  told: (line: { profile: string; row: BenchRow | null }) => void;
};

/** `repositories`: where those that were kept are; null: none was. `exit`: 1 when not every profile could be measured by the same tests. */
export type BenchView = { summary: BenchSummary; out: string; repositories: string | null; exit: number };

/**
 * Runs one plan under several profiles, one after the other, each in a repository of its own at the same commit. Nothing is
 * written into the user's but the figures. What was interrupted or killed is gone on with by the same call.
 *
 * @throws DgovError for what is refused before the first run
 */
export async function bench(request: BenchRequest, world: World): Promise<BenchView> {
  const root = findRoot(request.cwd);
  const git = await openRepository(root, world.env);
  const project = readProject(root, null, world.env);
  for (const name of request.profiles) readProject(root, name, world.env);
  const { frozen, name } = await freezeInputs(git, { project, request, world });
  const id = idOf(frozen, project, request.profiles);
  const folder = benchFolder(root, world.env);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const lock = takeLock(join(folder, "lock"), world.now_ms());
  if ("held_by" in lock)
    throw new DgovError("repo_busy", `Cannot bench here: process ${lock.held_by.pid} does so in this repository`);
  try {
    forgetOthers(folder, id);
    const out = request.out === null ? join(root, ".dgov/runtime/bench", name) : resolve(request.cwd, request.out);
    const before = unfinished(out, id);
    const fresh = { id, name, frozen, project, profiles: request.profiles, began_at_ms: world.now_ms() };
    const site: Bench = { request, world, git, frozen, out, at: join(folder, id), summary: before ?? summaryOf(fresh) };
    mkdirSync(site.at, { recursive: true, mode: 0o700 });
    await runAll(site);
    return endOf(site);
  } finally {
    const over = readdirSync(folder).every((name) => name.startsWith("lock"));
    if (over) removeTree(folder);
    else lock.release();
    const unused = over && repositoryHolder(await git.commonDir()) === null; // a run may be about to fill it
    if (unused && readdirSync(dirname(folder)).length === 0) rmdirSync(dirname(folder));
  }
}

type Bench = {
  request: BenchRequest;
  world: World;
  git: Git;
  frozen: Frozen;
  out: string;
  at: string; // the folder of the repositories of this very comparison
  summary: BenchSummary;
};

/** Where benches of a repository work: among its worktrees. */
export const benchFolder = (root: string, env: World["env"]): string => join(poolFolder(root, env), "bench");

type Freezing = { project: Project; request: BenchRequest; world: World };

/** What all are measured by, of what is committed. @throws DgovError where a repository made of the commit would lack some of it */
async function freezeInputs(
  git: Git,
  { project, request, world }: Freezing,
): Promise<{ frozen: Frozen; name: string }> {
  const state = await inspect(git);
  if (state.kind !== "ready") throw new DgovError("repo_empty", `Cannot bench in "${git.root}": it has no commit yet`);
  await refuseDirty(git);
  const dir = findPlan(git.root, request.cwd, request.plan);
  const looks = { path: world.env.PATH ?? null, find: symbolFinder(world.self) };
  const { plan, places } = await compileFolder(project, dir, { providers: "advised", ...looks });
  const errors = places.filter(({ severity }) => severity === "error");
  if (!plan)
    throw new DgovError("plan_invalid", `Cannot bench "${dir}": ${counted(errors.length, "error")}`, { places });
  const needed = [`${dir}/_root.toml`, ...(existsSync(join(git.root, PROJECT_FILE)) ? [PROJECT_FILE] : [])];
  const found = await git.objects.info(needed.map((path) => `${state.head}:${path}`));
  const missing = needed.find((_, at) => found[at] === null);
  if (missing !== undefined)
    throw new DgovError(
      "repo_dirty",
      `Cannot bench: "${missing}" is in no commit, so no other repository would have it`,
      {
        hint: "Commit it, also where git ignores it: git add --force",
      },
    );
  const tests = await testFiles(git, state.head, project.layout);
  const branch = state.target.replace(/^refs\/heads\//, "");
  const { layout } = project;
  return {
    name: basename(dir),
    frozen: { head: state.head, branch, plan_dir: dir, plan_hash: plan.hash, layout, tests },
  };
}

/** The same for what is the same to compare, so that a call goes on with what another one had begun. */
function idOf({ head, plan_dir, plan_hash }: Frozen, { hash }: Project, profiles: readonly string[]): string {
  const text = JSON.stringify([head, plan_dir, plan_hash, hash, profiles]);
  return `b${createHash("sha256").update(text).digest("hex").slice(0, 16)}`;
}

/** What a killed bench of something else has left: nobody will go on with it. */
function forgetOthers(folder: string, id: string): void {
  for (const name of readdirSync(folder))
    if (/^b[0-9a-f]{16}$/.test(name) && name !== id) removeTree(join(folder, name));
}

/** The summary of the same bench when it has not come to its end; of another, or a torn one: null. */
function unfinished(out: string, id: string): BenchSummary | null {
  const path = join(out, "summary.json");
  if (!existsSync(path)) return null;
  const read = BenchSummary.safeParse(jsonIn(readFileSync(path, "utf8")));
  return read.success && read.data.bench === id && read.data.ended_at_ms === null ? read.data : null;
}

type Fresh = {
  id: string;
  name: string;
  frozen: Frozen;
  project: Project;
  profiles: readonly string[];
  began_at_ms: number;
};

function summaryOf({ id, name, frozen, project, profiles, began_at_ms }: Fresh): BenchSummary {
  const { head, plan_dir, plan_hash, tests } = frozen;
  return {
    ...{ format: BENCH_FORMAT, bench: id, plan: name, plan_dir, plan_hash, head, began_at_ms, ended_at_ms: null },
    config_hash: project.hash,
    currency: project.limits.budget.currency,
    profiles: [...profiles],
    tests: { files: [...tests], digest: digestOf(tests), same: true },
    spent: spentIn([]),
    rows: [],
  };
}

async function runAll(site: Bench): Promise<void> {
  save(site);
  for (const profile of site.summary.profiles) {
    if (site.summary.rows.some((row) => row.profile === profile)) continue;
    site.request.told({ profile, row: null });
    const row = await measure(site, profile);
    if (site.world.signal.aborted) return; // it is gone on with
    const rows = [...site.summary.rows, row];
    const same = rows.every(({ tests }) => tests === null || tests.digest === site.summary.tests.digest);
    site.summary = { ...site.summary, rows, spent: spentIn(rows), tests: { ...site.summary.tests, same } };
    save(site);
    site.request.told({ profile, row });
    if (!site.request.keep) removeTree(join(site.at, profile));
  }
  site.summary = { ...site.summary, ended_at_ms: site.world.now_ms() };
  save(site);
}

const save = ({ out, summary }: Bench): void =>
  writeAtomic(join(out, "summary.json"), `${JSON.stringify(summary, null, 2)}\n`);

const NOTHING = { agents: [], without_escalation: null, run: null, tests: null, took_ms: 0 };

/** One profile. Whatever is wrong with it alone becomes its row, and is nothing to the others. */
async function measure(site: Bench, profile: string): Promise<BenchRow> {
  const { request, world, frozen, out } = site;
  const left = leftOf(request.ceiling, site.summary);
  if (left === null) {
    const message = "The profiles before it have used up what this bench may spend";
    return { profile, outcome: "not_run", error: { code: "budget", message }, ...NOTHING };
  }
  try {
    const root = await placeFor(site, profile);
    const { row, lines } = await runProfile({ profile, root, frozen, jobs: request.jobs, left }, world);
    const text = lines.map((line) => `${JSON.stringify(line)}\n`).join("");
    if (!world.signal.aborted) writeAtomic(join(out, `${profile}.metrics.jsonl`), text);
    return row;
  } catch (error) {
    if (!(error instanceof DgovError)) throw error;
    return { profile, outcome: "refused", error: { code: error.code, message: error.message }, ...NOTHING };
  }
}

/** Its repository, made now, or as a bench that was killed has left it. Its tests are the frozen ones, by their bytes. */
async function placeFor({ git, frozen, world, at }: Bench, profile: string): Promise<string> {
  const root = repositoryIn(at, profile, basename(git.root));
  const whole = join(at, `${profile}.whole`);
  if (existsSync(whole) && existsSync(root)) return root;
  const own = await cloneAt(git, { root, ...frozen }, world.env);
  const tests = await testFiles(own, frozen.head, frozen.layout);
  if (digestOf(tests) !== digestOf(frozen.tests))
    throw new DgovError("git_failed", `Cannot bench "${profile}": its repository has other tests than were frozen`);
  writeFileSync(whole, "");
  return root;
}

/** What is left to spend; null: nothing of some kind. Money without a figure cannot have been spent: see `priced`. */
function leftOf({ money, tokens, calls, minutes }: CeilingTable, { spent, rows }: BenchSummary): CeilingTable | null {
  const worked = rows.reduce((sum, { took_ms }) => sum + took_ms, 0) / 60_000;
  const micros = money === undefined ? null : (microsOf(money) ?? 0) - (spent.cost_micros ?? 0);
  const left = {
    ...(tokens === undefined ? {} : { tokens: tokens - spent.tokens }),
    ...(calls === undefined ? {} : { calls: calls - spent.calls }),
    ...(minutes === undefined ? {} : { minutes: Math.round((minutes - worked) * 1000) / 1000 }),
  };
  if ([micros ?? 1, ...Object.values(left)].some((rest) => rest <= 0)) return null;
  return { ...left, ...(micros === null ? {} : { money: amountOf(micros) }) };
}

function endOf({ summary, out, at, request, world }: Bench): BenchView {
  if (!request.keep && !world.signal.aborted) removeTree(at);
  const measured = summary.rows.every(({ outcome }) => MEASURED.has(outcome));
  const exit = world.signal.aborted ? 130 : measured && summary.tests.same ? 0 : 1;
  return { summary, out, repositories: request.keep ? at : null, exit };
}

const MEASURED: ReadonlySet<BenchRow["outcome"]> = new Set(["complete", "red", "partial", "failed"]);
