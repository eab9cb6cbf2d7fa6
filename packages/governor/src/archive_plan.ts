import { mkdirSync, renameSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Store } from "@dgov/kernel";
import { DgovError } from "./error.ts";
import type { Git } from "./git/git.ts";
import { dirtyPaths, openRepository } from "./git/readiness.ts";
import { takeRepository } from "./lock.ts";
import { withLog } from "./log.ts";
import { isThere, refuseLinks } from "./planning/plan_tree.ts";
import { ARCHIVE } from "./ran_as.ts";
import { findPlan, findRoot } from "./root.ts";
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
    const dirty = await dirtyPaths(git);
    const uncommitted = dirty.some((path) => path.startsWith(`${dir}/`) || path.startsWith(`${to}/`));
    return { status: "archived", name: basename(dir), from: dir, to, uncommitted };
  } finally {
    lock.release();
  }
}

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
  if (!dir.startsWith(".dgov/") || above === ".dgov")
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
