import { strict as assert } from "node:assert";
import { type Action, next, type TaskId, taskOf } from "@dgov/kernel";
import { APPROVAL, awaitsApproval } from "@dgov/kernel/approval";
import { landingWith } from "@dgov/kernel/batch";
import type { Session } from "./session.ts";
import type { Steering } from "./steering/desk.ts";
import { takeRequests, type Work as UnderWayWork } from "./steering/take.ts";

type Of<Verb extends Action["do"]> = Extract<Action, { do: Verb }>;
type Work = Exclude<Action, { do: "end" | "skip" }>;

type OfTask = Extract<Work, { task: unknown }>;

/**
 * What carries out actions. Each resolves when its events are recorded, or when `signal` has ended it early;
 * it throws only for a bug or a lost log.
 */
export type Performers = { [Verb in Work["do"]]: (action: Of<Verb>, signal: AbortSignal) => Promise<void> } & {
  /** What of a judgement does not hang on what it has to wait for. Nothing is recorded, and what fails fails again in time. */
  lookAhead?: LookAhead;
};
type LookAhead = (action: Of<"judge">) => Promise<void>;

/** What a paused run was interrupted by. */
export const PAUSED = "pause";

/**
 * Performs what the kernel asks for until it asks for nothing more, or the user stops or pauses the run.
 * The only memory here is which actions are under way: everything else is in the run.
 *
 * @param steering what people ask for meanwhile
 * @returns whether the run ended; false when it was interrupted, with everything under way brought to rest
 */
export async function runLoop(
  session: Session,
  performers: Performers,
  user: AbortSignal,
  steering: Steering,
): Promise<boolean> {
  const failure = new AbortController();
  const stop = new AbortController();
  const signal = AbortSignal.any([user, failure.signal, stop.signal]);
  const stopped = aborted(signal);
  const underWay = new Map<string, UnderWayWork>();
  const ends = () => [...underWay.values()].map(({ did }) => did);
  const judged = { took_ms: Number.POSITIVE_INFINITY }; // the last one
  const ahead = lookingAhead(performers.lookAhead);
  try {
    for (;;) {
      if (signal.aborted) {
        await Promise.all(ends());
        return interrupted(session, String(signal.reason));
      }
      if (takeRequests(steering, { session, works: underWay, stop })) continue;
      const actions = next(session.run);
      if (skipDead(session, actions)) continue;
      const begins = actions.some((action) => action.do === "dispatch" && !underWay.has(`dispatch ${action.task}`));
      const reason = begins ? steering.paused() : null;
      if (reason !== null) {
        session.record({ kind: "run_paused", reason });
        continue;
      }
      const ordered = inOrder(actions, session);
      for (const action of ordered) {
        if (action.do === "end") {
          session.record({ kind: "run_ended", status: action.status });
          return true;
        }
        if (action.do !== "skip") begin(action);
      }
      ahead.at(ordered.find((action) => action.do === "judge" && !underWay.has(keyOf(action))));
      if (session.run.paused && underWay.size === 0) return interrupted(session, PAUSED);
      if (underWay.size > 0) await Promise.race([...ends(), stopped, steering.heard()]);
      else if (await nobodyCame(session, steering, stopped)) return interrupted(session, APPROVAL);
    }
  } catch (error) {
    failure.abort(error);
    await Promise.allSettled(ends());
    throw error;
  } finally {
    await ahead.ended();
  }

  function begin(action: Work): void {
    const key = keyOf(action);
    if (underWay.has(key) || mustWait({ works: underWay, judged }, action, session)) return;
    const before = standOf(action, session);
    const from_ms = session.elapsed_ms;
    const own = new AbortController();
    const either = AbortSignal.any([signal, own.signal]);
    const did = perform(performers, action, either).then(() => {
      underWay.delete(key);
      if (action.do === "judge") judged.took_ms = session.elapsed_ms - from_ms;
      const after = standOf(action, session);
      const moved = after.some((one, at) => one !== before[at]) || either.aborted;
      assert(moved, `Performed "${key}" and nothing came of it`);
    });
    underWay.set(key, { did, own, verb: action.do, tasks: tasksOf(action, session) });
  }
}

/** The run has not ended: another one goes on with it. */
function interrupted(session: Session, signal: string): false {
  session.record({ kind: "run_interrupted", signal });
  return false;
}

/** Records who will never be begun. @returns whether there was anybody */
function skipDead(session: Session, actions: readonly Action[]): boolean {
  const skips = actions.filter((action) => action.do === "skip");
  for (const { task, because } of skips) session.record({ kind: "task_skipped", task, because });
  return skips.length > 0;
}

/** Only a person can move the run on. @returns whether none came in the time that there is for it */
async function nobodyCame({ run }: Session, steering: Steering, stopped: Promise<void>): Promise<boolean> {
  assert(
    run.tasks.some((task) => awaitsApproval(run, task)),
    "Nothing is under way, and nothing is asked for",
  );
  const come = new AbortController();
  const somebody = Promise.race([stopped, steering.heard()]).then(() => false);
  try {
    return await Promise.race([somebody, steering.patience(come.signal)]);
  } finally {
    come.abort();
  }
}

/** The tasks that an action is about. */
function tasksOf(action: Work, { run }: Session): readonly TaskId[] {
  if (!isOfTask(action)) return [];
  if (action.do === "judge_batch") return action.tasks.map(({ task }) => task);
  const together = action.do === "land" ? landingWith(run, taskOf(run, action.task)) : null;
  return together?.map(({ id }) => id) ?? [action.task];
}

/** Looks at who comes next while another one is judged or lands: at one of them, and no further, for what is seen takes memory. */
function lookingAhead(look: LookAhead = async () => {}) {
  const state = { seen: "", work: Promise.resolve() };
  return {
    at(action: Action | undefined): void {
      if (action?.do !== "judge") return;
      const key = `${action.task} ${action.attempt}`;
      if (state.seen === key) return;
      state.seen = key;
      state.work = state.work.then(() => look(action)).catch(() => {}); // it is asked again in time, and fails then
    },
    ended: () => state.work,
  };
}

const isOfTask = (action: Work): action is OfTask => "task" in action;

const keyOf = (action: Work): string => (isOfTask(action) ? `${action.do} ${action.task}` : action.do);

/** What an action changes, of its task or of the run. */
const standOf = (action: Work, { run }: Session): readonly unknown[] =>
  isOfTask(action) ? [taskOf(run, action.task), run.batches] : [run.whole];

/** What is being done at one moment, by action and task. `judged`: how long the last judgement took. */
type UnderWay = { works: ReadonlyMap<string, UnderWayWork>; judged: { took_ms: number } };

function mustWait({ works, judged }: UnderWay, action: Work, { run }: Session): boolean {
  const many = (verb: Work["do"]) => [...works.keys()].filter((key) => key.startsWith(`${verb} `)).length;
  switch (action.do) {
    case "dispatch":
      return overbooked(works, run);
    case "land": // one at a time, from the moment it begins: the log says so only when the target has been looked at
      return many("land") > 0;
    case "judge": // on a head that is about to move, it would be for nothing
    case "judge_batch":
      return many("land") + many("judge_batch") > 0 || many("judge") >= judgesAtOnce(judged, run);
    case "retry":
    case "judge_head": // no task is left by then
    case "keep_good":
      return false;
  }
}

const judgesAtOnce = ({ took_ms }: UnderWay["judged"], { started }: Session["run"]): number =>
  started.batch !== undefined || took_ms < QUICK_MS ? 1 : started.jobs;

/** A slot is taken when a dispatch begins, a moment before the log says so. */
function overbooked(works: UnderWay["works"], { tasks, started }: Session["run"]): boolean {
  const taken = tasks.filter(({ id, state }) => state === "active" || works.has(`dispatch ${id}`));
  return taken.length >= started.jobs;
}

/** Who is judged in less has no commands to wait for: one after another, none of them is judged for nothing. */
const QUICK_MS = 300;

/**
 * A landing comes before judgements, for it moves the head that they begin with; of these comes first who was overtaken most
 * often, for others may have to wait for it.
 */
function inOrder(actions: readonly Action[], { run }: Session): readonly Action[] {
  const rank = (action: Action) => (action.do === "judge" ? taskOf(run, action.task).stale : 0);
  const lands = (action: Action) => Number(action.do === "land");
  return actions.toSorted((one, other) => lands(other) - lands(one) || rank(other) - rank(one));
}

function perform(performers: Performers, action: Work, signal: AbortSignal): Promise<void> {
  switch (action.do) {
    case "dispatch":
      return performers.dispatch(action, signal);
    case "judge":
      return performers.judge(action, signal);
    case "judge_batch":
      return performers.judge_batch(action, signal);
    case "land":
      return performers.land(action, signal);
    case "retry":
      return performers.retry(action, signal);
    case "judge_head":
      return performers.judge_head(action, signal);
    case "keep_good":
      return performers.keep_good(action, signal);
  }
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
