import { replay, type Store } from "@dgov/kernel";
import { checkoutsOf } from "./git/checkouts.ts";
import type { Git } from "./git/git.ts";
import { landedOn, mendCheckouts, pendingRef } from "./git/land.ts";
import { removeLeftLocks } from "./git/left_locks.ts";
import { stepOf, toLand } from "./landing.ts";
import { withLog } from "./log.ts";

/**
 * Ends what a kill in the middle of a landing left undone in the user's checkouts, before anybody looks whether they are
 * clean: the branch had moved, and the files that came with it must not count as the user's own changes. The event that
 * says so is recorded when the run goes on.
 */
export async function mendLanding(git: Git, root: string): Promise<void> {
  await withLog(root, async (log) => {
    const last = log.lastRun();
    const run = last ? replay(log.read({ run: last.run, after: last.first_seq - 1 })) : null;
    if (!run || run.state === "ended") return;
    const { target } = run.started;
    const landing = run.tasks.find(({ state }) => state === "landing");
    if (!landing) return;
    await unlock(git, log, target);
    const step = stepOf(toLand(run, landing.id));
    if ((await landedOn(git, { target, commit: step.commit })) === "branch")
      await mendCheckouts(git, { target, ...step });
  });
}

/** A git that was killed while it moved the branch, or a checkout, has left it locked. */
async function unlock(git: Git, log: Store, target: string): Promise<void> {
  const begun = [...log.read({ kinds: ["landing_started"] })].at(-1);
  await removeLeftLocks(git, {
    refs: [target, pendingRef(target)],
    checkouts: await checkoutsOf(git, target),
    since_ms: begun?.at_ms ?? Number.POSITIVE_INFINITY,
  });
}
