import { type Action, taskOf } from "@dgov/kernel";
import { dispatch } from "./dispatch/attempt.ts";
import { hasLanded, land, mendCheckouts, targetHead } from "./git/land.ts";
import type { Performers } from "./loop.ts";
import { judgeByReview } from "./review/review.ts";
import { mendFormat } from "./settlement/fix.ts";
import { judge } from "./settlement/judge.ts";
import type { Site } from "./site.ts";

/** Who carries out what the kernel asks for. This is the one place that knows both dispatch and settlement. */
export const performersOf = (site: Site): Performers => ({
  dispatch: async (action, signal) =>
    dispatch(site, action, {
      signal,
      head: await targetHead(site.git, site.target),
      mend: (left) => mendFormat(site, left),
    }),
  judge: (action, signal) => judge(site, action, signal, judgeByReview),
  land: (action) => landTask(site, action),
  retry: (action, signal) => retryTask(site, action, signal),
});

/**
 * Moves the branch to what was judged. The event that says so is on disk before the ref moves, so that a crash between
 * the two is seen on the next start as a landing under way.
 */
async function landTask(site: Site, { task, attempt }: Extract<Action, { do: "land" }>): Promise<void> {
  const { session, git, target, world } = site;
  const of = { task, attempt };
  const { state, work } = taskOf(session.run, task);
  const judged = work?.integrated;
  if (!judged) throw new Error(`Nothing of "${task}" was judged`);
  const finished = async (): Promise<boolean> => {
    if (!(await hasLanded(git, { target, commit: judged.commit }))) return false;
    await mendCheckouts(git, { target, ...judged });
    session.record({ kind: "task_landed", ...of, commit: judged.commit });
    return true;
  };
  if (state === "landing" && (await finished())) return;
  if (state === "ready") {
    const head = await targetHead(git, target);
    if (head !== judged.head) {
      session.record({ kind: "candidate_stale", ...of, head });
      return;
    }
    session.record({ kind: "landing_started", ...of, ...judged });
  }
  const message = `dgov: land ${task}`;
  const landed = await land(git, { target, head: judged.head, commit: judged.commit, message, at_ms: world.now_ms() });
  if (landed.kind === "moved") {
    // A git that outlived the run that was killed may have moved the branch between the two looks.
    if (state === "landing" && (await finished())) return;
    session.record({ kind: "landing_refused", ...of, head: landed.head });
    return;
  }
  session.record({ kind: "task_landed", ...of, commit: judged.commit });
  if (landed.kind === "pending")
    session.record({ kind: "checkout_behind", ...of, commit: judged.commit, cure: landed.cure });
}

async function retryTask(
  { session, world }: Site,
  { task, attempt, tier, carry, after_ms }: Extract<Action, { do: "retry" }>,
  signal: AbortSignal,
): Promise<void> {
  if (after_ms > 0) await world.sleep_ms(after_ms, signal);
  if (!signal.aborted) session.record({ kind: "task_retried", task, attempt, by: "policy", tier, carry });
}
