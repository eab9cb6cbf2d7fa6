import { mkdirSync, readdirSync, renameSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Store } from "@dgov/kernel";
import { readProject } from "./config.ts";
import { DgovError } from "./error.ts";
import type { Git } from "./git/git.ts";
import { openRepository } from "./git/readiness.ts";
import { takeRepository } from "./lock.ts";
import { withLog } from "./log.ts";
import { hasDeployLog } from "./past.ts";
import { isThere, refuseLinks } from "./planning/plan_tree.ts";
import type { RunRequest } from "./ready.ts";
import { ARCHIVE, findPlan, findRoot } from "./root.ts";
import { type RunView, runPlan } from "./run.ts";
import type { World } from "./session.ts";

/** What `dgov archive-plan` shows. `uncommitted`: git sees the move, and somebody must commit it. */
export type Archived = { status: "archived"; name: string; from: string; to: string; uncommitted: boolean };

/**
 * Puts a plan that is done with into the folder `archive` beside it, whole. Nobody runs anything here meanwhile.
 *
 * @throws DgovError `plan_not_found`, `not_a_plan`, `plan_exists`, `plan_unfinished`, `repo_busy`, `config_invalid`
 */
export async function archivePlan(
  { cwd, plan }: { cwd: string; plan: string },
  world: Pick<World, "env" | "now_ms">,
): Promise<Archived> {
  const root = findRoot(cwd);
  const dir = findPlan(root, cwd, plan);
  const git = await openRepository(root, world.env);
  const lock = takeRepository(await git.commonDir(), world.now_ms());
  try {
    await withLog(root, (log) => refuseUnfinished(log, dir));
    const to = await moved(git, root, dir);
    const seen = await git.ask(["status", "--porcelain", "--", dir, to], { user: true });
    return { status: "archived", name: basename(dir), from: dir, to, uncommitted: seen.bytes.length > 0 };
  } finally {
    lock.release();
  }
}

/** `archived`: where the plan's folder is since; null: where it was. */
export type ArchivingRun = RunView & { archived: Pick<Archived, "to" | "uncommitted"> | null };

/**
 * A run as `dgov run` makes it: as in dgov 0.8 its plan is archived once all of it has landed, where the project is one that
 * does so. Whoever was killed between the two, and runs it again, has it archived then.
 *
 * @throws DgovError as `runPlan` does; what is in the way of archiving is told, and is no failure of the run
 */
export async function runAndArchive(request: RunRequest, world: World): Promise<ArchivingRun> {
  const view = await runPlan(request, world);
  if (view.status !== "complete" || request.dry_run || request.only.length > 0) return { ...view, archived: null };
  try {
    return { ...view, archived: await archiveLanded(request, world) };
  } catch (error) {
    if (!(error instanceof DgovError)) throw error;
    world.warn(`The plan stays where it is. ${error.message}. ${error.hint}`);
    return { ...view, archived: null };
  }
}

async function archiveLanded(request: RunRequest, world: World): Promise<ArchivingRun["archived"]> {
  const root = findRoot(request.cwd);
  const dir = findPlan(root, request.cwd, request.plan);
  const above = dirname(dir);
  if (basename(above) === ARCHIVE || !isOfPlans(dir)) return null;
  const { archive } = readProject(root, request.profile ?? null, world.env).layout;
  if (!(archive === "auto" ? wasArchivedHere(root) : archive === "landed")) return null;
  const { to, uncommitted } = await archivePlan({ cwd: root, plan: dir }, world);
  return { to, uncommitted };
}

/** dgov 0.8 archived whatever it had landed, and its archive is committed: a clone has that, and no deploy log. */
function wasArchivedHere(root: string): boolean {
  const archive = join(root, ".dgov/plans", ARCHIVE);
  return hasDeployLog(root) || (isThere(archive) && readdirSync(archive).length > 0);
}

const isOfPlans = (dir: string): boolean => dir.startsWith(".dgov/") && dirname(dir) !== ".dgov";

/** A run that is to be gone on with finds its plan where it was. */
function refuseUnfinished(log: Store, dir: string): void {
  const last = log.lastRun(dir);
  if (last === null) return;
  const [ended] = log.read({ run: last.run, kinds: ["run_ended"], after: last.first_seq - 1 });
  if (ended) return;
  throw new DgovError("plan_unfinished", `Cannot archive "${dir}": its run ${last.run} is not over`, {
    hint: `Go on with it: dgov run ${dir}`,
  });
}

const IGNORED = ["--no-literal-pathspecs", "check-ignore", "--no-index", "-q", "--"];

/** @returns where it is now */
async function moved(git: Git, root: string, dir: string): Promise<string> {
  const no = (code: "not_a_plan" | "plan_exists" | "config_invalid", why: string, hint: string) =>
    new DgovError(code, `Cannot archive "${dir}": ${why}`, { hint });
  const [above, name] = [dirname(dir), basename(dir)];
  if (!isOfPlans(dir))
    throw no("not_a_plan", "it is in no folder of plans", "Plans are under .dgov/plans and .dgov/runtime");
  if (basename(above) === ARCHIVE) throw no("plan_exists", "it is archived already", "Nothing is to be done");
  const to = `${above}/${ARCHIVE}/${name}`;
  refuseLinks(root, `${above}/${ARCHIVE}`);
  if (isThere(join(root, to))) throw no("plan_exists", `"${to}" is there already`, "Move that one away first");
  const ignored = await git.ask([...IGNORED, `${to}/_root.toml`], { ok: [0, 1], user: true });
  if (ignored.exit === 0 && above === ".dgov/plans")
    throw no("config_invalid", `git ignores "${to}"`, "Take the rule out of the ignore file: archived plans are kept");
  mkdirSync(join(root, above, ARCHIVE), { recursive: true });
  renameSync(join(root, dir), join(root, to));
  return to;
}
