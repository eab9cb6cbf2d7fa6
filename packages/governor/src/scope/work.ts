import { replay, type Store, type Task } from "@dgov/kernel";
import { DgovError } from "../error.ts";
import type { Git } from "../git/git.ts";
import { isWrittenByDgov } from "../git/readiness.ts";
import { standing } from "../git/standing.ts";
import { type Change, diffTrees } from "../git/tree_changes.ts";
import { treeOf } from "../git/tree_object.ts";
import { poolFolder } from "../git/worktrees.ts";
import { findCommitPlace } from "../preflight/place.ts";
import { subjectOf } from "../preflight/subject.ts";

/**
 * What was looked at.
 *
 * `what`     a `worktree` in which an attempt is at work, or was when its run was killed · `kept` the commit that an
 *            attempt left · the `checkout` as it stands
 * `where`    the absolute path of the worktree or checkout; the commit
 * `attempt`  null for a checkout, as is `run`
 * `base`     the commit it is compared with; null: there is none yet
 */
export type LookedAt = {
  what: "worktree" | "kept" | "checkout";
  where: string;
  run: string | null;
  attempt: number | null;
  base: string | null;
};

/** Work as it can be judged: `before` and `tree` are trees, `changes` is what differs between them. */
export type StandingWork = {
  at: LookedAt;
  before: string;
  tree: string;
  changes: readonly Change[];
  ignored: readonly string[];
};

type Place = { git: Git; log: Store; env: Readonly<Record<string, string | undefined>> };
type Asked = { plan_dir: string; task: string; ignores: (path: string) => boolean };

/**
 * The newest work of a task in the last run of its plan.
 *
 * @returns null: it has none there
 * @throws DgovError `git_failed` when what it left was thrown away
 */
export async function workOf(place: Place, asked: Asked): Promise<StandingWork | null> {
  const { git, log, env } = place;
  const found = lastAttempt(log, asked);
  if (found?.task.state !== "active") return found && keptOf(git, found);
  const folder = poolFolder(git.root, env);
  const there = await standing(git, folder, { run: found.run, task: asked.task, ignores: asked.ignores });
  if (there) {
    const { path, owner, frozen } = there;
    const before = await treeOf(git, owner.base);
    const at = { what: "worktree", where: path, run: owner.run, attempt: owner.attempt, base: owner.base } as const;
    return { at, before, ...frozen };
  }
  const since = lastAttempt(log, asked); // it may have ended while it was looked at
  return since && keptOf(git, since);
}

type Attempted = { run: string; task: Task };

function lastAttempt(log: Store, { plan_dir, task: id }: Asked): Attempted | null {
  const row = log.lastRun(plan_dir);
  const run = row && replay(log.read({ run: row.run, after: row.first_seq - 1 }));
  const task = run?.tasks.find((one) => one.id === id);
  return row && task && task.attempt > 0 ? { run: row.run, task } : null;
}

/** An attempt without a commit has changed nothing. */
async function keptOf(git: Git, { run, task }: Attempted): Promise<StandingWork | null> {
  if (task.work === null) return null;
  const { base, kept, candidate } = task.work;
  const where = candidate?.commit ?? kept ?? base;
  const [info] = await git.objects.info([where]);
  if (!info)
    throw new DgovError("git_failed", `Cannot look at what attempt ${task.attempt} of "${task.id}" left: it is gone`, {
      hint: "Look at the working tree with --checkout",
    });
  const [before, tree] = await Promise.all([treeOf(git, base), treeOf(git, where)]);
  const at = { what: "kept", where, run, attempt: task.attempt, base } as const;
  return { at, before, tree, changes: await diffTrees(git, before, tree), ignored: [] };
}

/** The checkout with all that git does not ignore; plans and what dgov writes itself are no task's work. */
export async function workInCheckout(git: Git): Promise<StandingWork> {
  const place = findCommitPlace({ cwd: git.root, env: {} });
  const { head, before, tree } = await subjectOf(git, place, { kind: "all" });
  if (tree === null) throw new Error("The files of a checkout are a tree");
  const changes = (await diffTrees(git, before, tree)).filter(
    ({ path }) => !(path.startsWith(".dgov/plans/") || isWrittenByDgov(path)),
  );
  const at = { what: "checkout", where: git.root, run: null, attempt: null, base: head } as const;
  return { at, before, tree, changes, ignored: [] };
}
