import { replay } from "@dgov/kernel";
import type { Git } from "./git/git.ts";
import { hasLanded, mendCheckouts } from "./git/land.ts";
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
    const step = stepOf(toLand(run, landing.id));
    if (await hasLanded(git, { target, commit: step.commit })) await mendCheckouts(git, { target, ...step });
  });
}
