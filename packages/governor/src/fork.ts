import {
  type Event,
  type EventOf,
  type Run,
  type RunId,
  type RunRow,
  replay,
  type Store,
  type Stored,
} from "@dgov/kernel";
import { newRunId } from "./begin.ts";
import { symbolFinder } from "./claimable.ts";
import { readProject } from "./config.ts";
import { DgovError } from "./error.ts";
import { findRun } from "./find_run.ts";
import { branchRefusal, commitsGone, type Kept, makeRefs, newestOf } from "./git/fork_point.ts";
import type { Git } from "./git/git.ts";
import { targetHead } from "./git/land.ts";
import { inspect, openRepository } from "./git/readiness.ts";
import { samePlan } from "./history.ts";
import { outliveKilled, takeRepository } from "./lock.ts";
import { openWritable } from "./log.ts";
import { mendLanding } from "./mend_landing.ts";
import { compileOrRefuse } from "./ready.ts";
import { findRoot } from "./root.ts";
import type { World } from "./session.ts";

/** `at`: the number of the last event to take over · `branch`: where to go on; null: the run's own · `goes_on`: at once */
export type ForkRequest = { cwd: string; run: string; at: number; branch: string | null; goes_on: boolean };

/** `only`: what a run of the plan must be told for it to go on with this one. */
export type ForkView = {
  run: RunId;
  from: RunId;
  at: number;
  events: number; // taken over
  plan: string;
  plan_dir: string;
  only: string[];
  target: string;
  head: string;
  tasks: { task: string; state: string }[];
};

/**
 * Begins a run with the first events of another one: what they say is true of it as well. It is left as an interrupted
 * run is, and the next `dgov run` of its plan goes on with it.
 *
 * @throws DgovError `fork_refused` where that run cannot be gone on with from there, with the reason; `run_unknown`
 */
export async function forkRun(request: ForkRequest, world: World): Promise<ForkView> {
  const root = findRoot(request.cwd);
  const git = await openRepository(root, world.env);
  const common = await git.commonDir();
  await outliveKilled(common);
  const lock = takeRepository(common, world.now_ms());
  try {
    await mendLanding(git, root);
    const log = openWritable(root, { readonly: false });
    try {
      return await fork({ git, root, log, world }, request);
    } finally {
      log.close();
    }
  } finally {
    lock.release();
  }
}

type Place = { git: Git; root: string; log: Store; world: World };

async function fork({ git, root, log, world }: Place, request: ForkRequest): Promise<ForkView> {
  const row = findRun(log, request.run);
  const { at } = request;
  const facts = factsUpTo(log, row, at);
  const state = replay(facts);
  if (!state) throw refusal(row, at, "there is nothing of it");
  const { started } = state;
  const head = await newestOf(git, headsIn(facts));
  if (head === null) throw refusal(row, at, "the commits that it began on are no longer in the repository");
  const target = request.branch === null ? started.target : `refs/heads/${request.branch}`;
  await refuseTarget({ git, row, request }, { target, head });
  if (request.branch === null) await refusePlan({ root, row, at, world }, state);
  const run = newRunId(world);
  const kept = keptIn(state, run);
  const gone = await commitsGone(git, kept);
  if (gone.length > 0)
    throw refusal(
      row,
      at,
      `the work of ${gone.map((one) => `attempt ${one.attempt} of "${one.task}"`).join(", ")} is gone`,
    );
  const events: Event[] = [{ ...started, target }, ...facts.slice(1).map(({ event }) => event)];
  events.push({ kind: "run_forked", from: row.run, at, head }, ...toJudgeAgain(state, head));
  const now_ms = world.now_ms();
  const whole = replay(events.map((event, index) => ({ seq: index + 1, at_ms: now_ms, event })));
  const branch = request.branch === null ? null : { ref: target, commit: head };
  await makeRefs(git, { branch, kept, at_ms: now_ms });
  log.appendAll(run, log.lastSeq(), now_ms, events);
  return {
    run,
    from: row.run,
    at,
    events: facts.length,
    plan: row.plan,
    plan_dir: row.plan_dir,
    only: [...started.only],
    target,
    head,
    tasks: (whole?.tasks ?? []).map(({ id, state: now }) => ({ task: id, state: now })),
  };
}

function refusal({ run }: Pick<RunRow, "run">, at: number, why: string, hint?: string): DgovError {
  return new DgovError("fork_refused", `Cannot fork run "${run}" at event ${at}: ${why}`, hint ? { hint } : {});
}

/** The run's events up to this one, which must be its own and not its end. */
function factsUpTo(log: Store, row: RunRow, at: number): Stored[] {
  const { run, first_seq, last_seq } = row;
  const facts = [...log.read({ run, after: first_seq - 1 })].filter(({ seq }) => seq <= at);
  const last = facts.at(-1);
  if (at > last_seq || !last)
    throw refusal(row, at, "it has no such event", `Its events are ${first_seq} to ${last_seq}`);
  if (last.seq !== at) throw refusal(row, at, "that event is of another run", `Its own before it is ${last.seq}`);
  if (last.event.kind === "run_ended")
    throw refusal(row, at, "there it is over", `Take an earlier event, as ${facts.at(-2)?.seq ?? first_seq}`);
  return facts;
}

/** Every commit that the events say the target was at. What they say last need not be the newest: tasks are side by side. */
function headsIn(facts: readonly Stored[]): string[] {
  return facts.flatMap(({ event }): string[] => {
    switch (event.kind) {
      case "task_dispatched":
        return [event.base];
      case "task_landed":
        return [event.commit];
      case "run_started":
      case "run_resumed":
      case "run_forked":
      case "batch_begun":
      case "candidate_stale":
      case "landing_refused":
        return [event.head];
      case "candidate_passed": // in a batch it is on top of another one that has not landed
        return event.tip === undefined ? [event.head] : [];
      default:
        return [];
    }
  });
}

type Refusing = { git: Git; row: RunRow; request: ForkRequest };

/** The branch must be where the run had it by then: what has landed since would be done a second time on top of itself. */
async function refuseTarget(
  { git, row, request: { at, branch, goes_on } }: Refusing,
  { target, head }: { target: string; head: string },
): Promise<void> {
  const name = target.replace(/^refs\/heads\//, "");
  if (branch !== null) {
    const why = await branchRefusal(git, branch);
    if (why !== null) throw refusal(row, at, `the branch "${branch}" ${why}`, "Name a branch that is not there yet");
    return;
  }
  const now = await targetHead(git, target);
  if (now !== head)
    throw refusal(
      row,
      at,
      `"${name}" was at ${head.slice(0, 12)} by then, and is at ${now.slice(0, 12)} now`,
      `Go on from there on a branch of its own: dgov fork ${row.run} --at ${at} --branch NAME`,
    );
  const ready = goes_on ? await inspect(git) : null;
  if (ready && (ready.kind !== "ready" || ready.target !== target))
    throw refusal(row, at, `"${name}" is not checked out`, `git switch ${name}`);
}

type Planning = { root: string; row: RunRow; at: number; world: World };

/** A plan that says something else by now would begin anew instead of going on. */
async function refusePlan({ root, row, at, world }: Planning, { started, tasks }: Run): Promise<void> {
  const over = new Set(tasks.filter(({ state }) => state === "landed" || state === "landing").map(({ id }) => id));
  const landed = new Set(started.tasks.filter(({ id }) => over.has(id)).map(({ unit }) => unit));
  const looks = { path: world.env.PATH ?? null, find: symbolFinder(world.self) };
  const { plan } = await compileOrRefuse(readProject(root, null, world.env), row.plan_dir, { landed, ...looks });
  if (!samePlan({ started }, plan, started.only))
    throw refusal(row, at, `the plan "${row.plan_dir}" is another by now`, "Put the plan back as it was");
}

/** The work that may still be gone on with or judged, under the new run's name: the old run may be pruned. */
function keptIn({ tasks }: Run, run: RunId): Kept[] {
  return tasks.flatMap(({ id, attempt, state, work }) =>
    state === "landed" || !work?.kept ? [] : [{ run, task: id, attempt, commit: work.kept }],
  );
}

/** What was judged for the other run would say so in its commit: it is judged again for this one. */
function toJudgeAgain({ tasks }: Run, head: string): EventOf<"candidate_stale" | "landing_refused">[] {
  return tasks.flatMap(({ id: task, attempt, state }): EventOf<"candidate_stale" | "landing_refused">[] => {
    if (state === "ready") return [{ kind: "candidate_stale", task, attempt, head }];
    return state === "landing" ? [{ kind: "landing_refused", task, attempt, head }] : [];
  });
}
