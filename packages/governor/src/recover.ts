import { retry, taskOf } from "@dgov/kernel";
import { freeze, keep } from "./git/candidate.ts";
import type { Mode } from "./history.ts";
import { ignoreRule } from "./ignore.ts";
import { type Site, unitOf } from "./site.ts";

/**
 * Brings a run that was cut off back to where `next` can go on: what was active is gone, and its worktree, if it is
 * still there, is kept as the attempt's work. Everything else needs no recovery, because `next` asks for it again.
 *
 * @param mode `continue` also takes up what had been given up on
 */
export async function recover(site: Site, mode: Mode): Promise<void> {
  const { session } = site;
  const kept = await keepOrphans(site);
  for (const { id, state, attempt } of session.run.tasks)
    if (state === "active")
      session.record({
        kind: "attempt_failed",
        task: id,
        attempt,
        cause: "lost",
        detail: "The process that ran it is gone",
        kept: kept.get(`${id} ${attempt}`) ?? null,
      });
  if (mode !== "continue") return;
  for (const task of session.run.tasks) {
    const { id, state, attempt } = task;
    const givenUp = state === "failed" && retry(task, session.run.started.retry).do === "give_up";
    if (givenUp || state === "skipped")
      session.record({
        kind: "task_retried",
        task: id,
        attempt,
        by: "user",
        tier: 0,
        carry: taskOf(session.run, id).carry,
      });
  }
}

/** Freezes what killed attempts of this run left in their worktrees. @returns `task attempt` → commit */
async function keepOrphans({ session, pool, git, project, plan, world }: Site): Promise<Map<string, string>> {
  const kept = new Map<string, string>();
  for (const orphan of await pool.orphans()) {
    const { owner } = orphan;
    const task = session.run.tasks.find(
      ({ id, state, attempt }) =>
        owner.run === session.id && id === owner.task && attempt === owner.attempt && state === "active",
    );
    if (task) {
      const { tree, changes } = await freeze(orphan, {
        base: owner.base,
        ignores: ignoreRule(project.rules.scope.ignore),
      });
      const message = `${unitOf({ plan }, task.id).commit_message}\n\nAttempt ${owner.attempt} of ${task.id}: cut off with its process`;
      const work = {
        run: session.id,
        task: task.id,
        attempt: owner.attempt,
        tree,
        base: owner.base,
        message,
        at_ms: world.now_ms(),
      };
      if (changes.length > 0) kept.set(`${task.id} ${owner.attempt}`, await keep(git, work));
    }
    orphan.release();
  }
  return kept;
}
