import { carries, type Event, retry, type Task, type TaskId } from "@dgov/kernel";
import { attemptRef, freeze, keep } from "./git/candidate.ts";
import type { Orphan } from "./git/worktrees.ts";
import type { Mode } from "./history.ts";
import { ignoreRule } from "./ignore.ts";
import type { Site } from "./site.ts";

type Recovering = Pick<Site, "session" | "pool" | "git" | "project" | "plan" | "world">;

/**
 * Brings a run that was cut off back to where `next` can go on: what was active is gone, and its worktree, if it is
 * still there, is kept as the attempt's work. Everything else needs no recovery, because `next` asks for it again.
 *
 * @param mode `continue` also takes up what had been given up on
 */
export async function recover(site: Recovering, mode: Mode): Promise<void> {
  const { session } = site;
  const kept = await keepOrphans(site);
  session.recordAll(
    session.run.tasks.flatMap(({ id, state, attempt }): Event[] => {
      if (state !== "active") return [];
      // Cut off before its worktree was filled: what it was to go on from is still what the next one goes on from.
      const found = kept.get(attemptRef({ run: session.id, task: id, attempt }));
      const work = found === undefined ? carriedFrom(site, id, attempt) : found;
      const detail = "The process that ran it is gone";
      return [{ kind: "attempt_failed", task: id, attempt, cause: "lost", detail, kept: work }];
    }),
  );
  if (mode === "continue") session.recordAll(session.run.tasks.flatMap((task) => takeUp(site, task)));
}

function takeUp({ session }: Recovering, task: Task): Event[] {
  const { id, state, attempt, failed } = task;
  const givenUp = state === "failed" && retry(task, session.run.started.retry).do === "give_up";
  if (!givenUp && state !== "skipped") return [];
  const carry = failed !== null && carries(failed.cause);
  return [{ kind: "task_retried", task: id, attempt, by: "user", tier: 0, carry }];
}

function carriedFrom({ session }: Recovering, task: TaskId, attempt: number): string | null {
  const dispatched = session.read("task_dispatched", task).findLast((event) => event.attempt === attempt);
  return dispatched?.carried_from ?? null;
}

/**
 * Keeps what killed attempts left in their worktrees, of whatever run, and gives the worktrees back. An attempt that has
 * its ref was kept before it was cut off, and what stands in its worktree since then is not its worker's.
 *
 * @returns the ref of each attempt that was found → its commit, null when there was nothing to keep
 */
export async function keepOrphans(site: Recovering): Promise<Map<string, string | null>> {
  const kept = new Map<string, string | null>();
  for (const orphan of await site.pool.orphans()) {
    const ref = attemptRef(orphan.owner);
    const known = await site.git.text(["for-each-ref", "--format=%(objectname)", ref]);
    kept.set(ref, known === "" ? await keepWork(site, orphan) : known);
    orphan.release();
  }
  return kept;
}

async function keepWork({ git, project, plan, world }: Recovering, orphan: Orphan): Promise<string | null> {
  const { run, task, attempt, base } = orphan.owner;
  const { tree, changes } = await freeze(orphan, { base, ignores: ignoreRule(project.rules.scope.ignore) });
  if (changes.length === 0) return null;
  const subject = plan.tasks.find(({ id }) => id === task)?.commit_message ?? task;
  const message = `${subject}\n\nAttempt ${attempt} of ${task}: cut off with its process`;
  return keep(git, { run, task, attempt, tree, base, message, at_ms: world.now_ms() });
}
