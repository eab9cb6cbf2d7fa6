import { type Action, type Event, type TaskId, taskOf } from "@dgov/kernel";
import { dispatch } from "./dispatch/attempt.ts";
import { cureOf, land, landedOn, mendCheckouts, targetHead } from "./git/land.ts";
import { type Landing, stepOf, toLand } from "./landing.ts";
import type { Performers } from "./loop.ts";
import { judgeByReview } from "./review/review.ts";
import { inform } from "./run_hook.ts";
import { judgeBatch } from "./settlement/batch.ts";
import { lookAhead } from "./settlement/fit.ts";
import { mendFormat } from "./settlement/fix.ts";
import { judgeHead, keepGood } from "./settlement/head.ts";
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
  judge_batch: (action, signal) => judgeBatch(site, action, signal, judgeByReview),
  land: (action) => landTasks(site, action),
  retry: (action, signal) => retryTask(site, action, signal),
  judge_head: (action, signal) => judgeHead(site, action, signal),
  keep_good: (action) => keepGood(site, action),
  lookAhead: (action) => lookAhead(site, action),
});

/**
 * Moves the branch to what was judged, at once to the last of those that were judged together. The events that say so are on
 * disk before the ref moves, so that a crash between the two is seen on the next start as a landing under way.
 */
async function landTasks(site: Site, { task }: Extract<Action, { do: "land" }>): Promise<void> {
  const { session, git, target, world } = site;
  const { state } = taskOf(session.run, task);
  const all = toLand(session.run, task);
  const each = (event: (of: { task: TaskId; attempt: number }, judged: Landing["judged"]) => Event) =>
    session.recordAll(all.map(({ id, attempt, judged }) => event({ task: id, attempt }, judged)));
  const { head, commit } = stepOf(all);
  const landed = async (cure: string | null) => {
    each((of, judged) => ({ kind: "task_landed", ...of, commit: judged.commit }));
    const last = all.at(-1);
    if (cure !== null && last)
      session.record({ kind: "checkout_behind", task: last.id, attempt: last.attempt, commit, cure });
    for (const { id, attempt, judged } of all)
      await inform(site.lifecycle, "post_landing", { task: id, attempt, commit: judged.commit }, world.signal);
  };
  const landedBefore = async () => (state === "landing" ? await landedOn(git, { target, commit }) : null);
  if ((await landedBefore()) === "branch") {
    await mendCheckouts(git, { target, head, commit });
    return landed(null);
  }
  if (state === "ready") {
    const now = await targetHead(git, target);
    if (now !== head) return each((of) => ({ kind: "candidate_stale", ...of, head: now }));
    each((of, { tip: _tip, ...judged }) => ({ kind: "landing_started", ...of, ...judged }));
  }
  const message = `dgov: land ${all.map(({ id }) => id).join(", ")}`;
  const did = await land(git, { target, head, commit, message, at_ms: world.now_ms() });
  if (did.kind === "moved") {
    // A git that outlived the run that was killed may have moved the branch between the two looks.
    const on = await landedBefore();
    if (on === null) return each((of) => ({ kind: "landing_refused", ...of, head: did.head }));
    if (on === "branch") await mendCheckouts(git, { target, head, commit });
    return landed(on === "pending" ? cureOf(target) : null);
  }
  await landed(did.kind === "pending" ? did.cure : null);
}

async function retryTask(
  { session, world }: Site,
  { task, attempt, tier, carry, after_ms }: Extract<Action, { do: "retry" }>,
  signal: AbortSignal,
): Promise<void> {
  if (after_ms > 0) await world.sleep_ms(after_ms, signal);
  if (!signal.aborted) session.record({ kind: "task_retried", task, attempt, by: "policy", tier, carry });
}
