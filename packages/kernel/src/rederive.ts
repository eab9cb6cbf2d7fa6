import { APPROVAL } from "./approval.ts";
import { landingWith, type Member } from "./batch.ts";
import { canonical } from "./canonical.ts";
import type { Event, EventOf } from "./event.ts";
import type { TaskId } from "./plan.ts";
import { countVotes } from "./quorum.ts";
import { fold, type Told } from "./replay.ts";
import { chooseRoute } from "./route.ts";
import { type Run, taskOf } from "./run.ts";
import { shortOf } from "./spent.ts";
import { type MadeCall, noteCall, weighChecks } from "./stated.ts";
import { LogCorrupt } from "./store.ts";
import { type Action, next } from "./transition.ts";
import { noteStep, type Step, watchTests } from "./watched.ts";

/**
 * What is decided in a run, and is a function of facts that its log holds. `judge`: what became of a candidate, by the
 * verdicts of its gates; `spend`: that a call could be paid for; `route`: who of several does a task. All others are
 * actions of `next`.
 */
export type Decided = Action["do"] | "weigh" | "spend" | "route";

/** The first event that the kernel would not have let come. `asked`: what it asked for instead, of the task or the run. */
export type Difference = {
  seq: number;
  kind: Event["kind"];
  task: TaskId | null;
  why: string;
  asked: readonly Action[];
};

/** `run` is null for no events, and else the run after the last event that agrees. */
export type Rederived = {
  run: Run | null;
  events: number;
  decisions: Readonly<Record<Decided, number>>;
  difference: Difference | null;
};

/**
 * Decides a whole run once more from its facts alone, and compares each decision with the one that was recorded. It stops
 * at the first that differs: what comes after it rests on it.
 *
 * @param events of one run, in order, from its first
 */
export function rederive(events: Iterable<Told>): Rederived {
  const decisions: Record<Decided, number> = { ...NONE };
  const memory: Memory = {
    asked: new Map(),
    verdicts: new Map(),
    reviews: new Map(),
    agents: new Map(),
    calls: new Map(),
    steps: new Map(),
    answers: new Map(),
  };
  let run: Run | null = null;
  let count = 0;
  for (const told of events) {
    const { seq, event } = told;
    const differs = (why: string, asked: readonly Action[]): Rederived => {
      const task = "task" in event ? event.task : null;
      return { run, events: count, decisions, difference: { seq, kind: event.kind, task, why, asked } };
    };
    let after: Run;
    try {
      after = fold(run, told);
    } catch (error) {
      if (!(error instanceof LogCorrupt)) throw error;
      return differs(error.cause instanceof Error ? error.cause.message : error.message, []);
    }
    const decided = run?.state === "running" ? decidedBy(event) : null;
    if (run && decided) {
      const why = differenceIn(run, memory, event);
      if (why !== null) return differs(why, "task" in event ? askedFor(memory, event.task) : next(run));
      decisions[decided] += 1;
    }
    remember(memory, { before: run, after, event });
    run = after;
    count += 1;
  }
  return { run, events: count, decisions, difference: null };
}

const NONE = {
  ...{ dispatch: 0, judge: 0, judge_batch: 0, land: 0, retry: 0, skip: 0, end: 0 },
  ...{ judge_head: 0, keep_good: 0, spend: 0, route: 0, weigh: 0 },
};

/**
 * What a governor may know when it acts. `asked`: what `next` has asked for of a task since it last moved; who performs it
 * may have begun it then, and have been overtaken by others since. `verdicts`: what the gates have said of a task's
 * candidate since they were asked last. `reviews`: whose votes were asked for last, and all that were given, for a vote counts
 * as long as its question is asked. `agents`: who each task was given to last. `calls`, `steps`: what workers have called.
 */
type Memory = {
  asked: Map<TaskId, Map<string, Action>>;
  verdicts: Map<TaskId, EventOf<"gate_judged">[]>;
  reviews: Map<TaskId, Review>;
  agents: Map<TaskId, string>;
  calls: Map<TaskId, MadeCall[]>;
  steps: Map<TaskId, Step[]>;
  answers: Map<TaskId, EventOf<"approval_answered">>; // the last that a person gave
};
type Review = { opened: EventOf<"review_opened"> | null; votes: EventOf<"seat_voted">[] };

function decidedBy(event: Event): Decided | null {
  switch (event.kind) {
    case "task_dispatched":
      return "dispatch";
    case "candidate_passed":
    case "candidate_rejected":
      return "judge";
    case "batch_begun":
      return "judge_batch";
    case "landing_started":
    case "candidate_stale":
      return "land";
    case "task_retried":
      return event.by === "policy" ? "retry" : null;
    case "task_skipped":
      return "skip";
    case "head_judged":
      return "judge_head";
    case "good_head_kept":
      return "keep_good";
    case "run_ended":
      return "end";
    case "checks_stated":
    case "tests_watched":
      return "weigh";
    case "call_reserved":
      return "spend";
    case "task_routed":
      return "route";
    default:
      return null;
  }
}

/** @returns one sentence, or null where the kernel decides the same */
function differenceIn(run: Run, memory: Memory, event: Event): string | null {
  const asked = "task" in event ? askedFor(memory, event.task) : [];
  switch (event.kind) {
    case "task_dispatched":
      return dispatched(run, asked, event);
    case "candidate_passed":
    case "candidate_rejected": {
      if (event.kind === "candidate_rejected" && event.gate === APPROVAL) return unapproved(memory, event);
      const together = event.kind === "candidate_passed" && event.tip !== undefined; // which `apply` has looked at
      return together || asked.some((one) => one.do === "judge" && one.attempt === event.attempt)
        ? (reviewed(memory, event.task) ?? judged(memory.verdicts.get(event.task) ?? [], event))
        : `Attempt ${event.attempt} was not to be judged`;
    }
    case "batch_begun":
      return begun(memory, event);
    case "landing_started":
    case "candidate_stale": {
      const turn = asked.some((one) => one.do === "land"); // what was asked of an earlier attempt is forgotten
      return turn ? null : "It was not its turn to land";
    }
    case "task_retried": {
      const { attempt, tier, carry } = event;
      const same = (one: Action) =>
        one.do === "retry" && one.attempt === attempt && one.tier === tier && one.carry === carry;
      return asked.some(same) ? null : `Attempt ${attempt} was not to be tried again so`;
    }
    case "task_skipped": {
      const same = asked.some((one) => one.do === "skip" && one.because === event.because);
      return same ? null : `It was not to be skipped because of "${event.because}"`;
    }
    case "head_judged":
      return next(run).some((one) => one.do === "judge_head" && (one.commit ?? event.commit) === event.commit)
        ? null
        : "The whole was not to be judged there";
    case "good_head_kept":
      return next(run).some((one) => one.do === "keep_good" && one.commit === event.commit)
        ? null
        : "That is not the last good head";
    case "run_ended":
      return next(run).some((one) => one.do === "end" && one.status === event.status)
        ? null
        : `The run was not to end as "${event.status}"`;
    case "call_reserved":
      return paid(run, event);
    case "task_routed":
      return routed(memory, event);
    case "checks_stated":
      return weighed(memory.calls.get(event.task) ?? [], event);
    case "tests_watched":
      return watched(memory.steps.get(event.task) ?? [], event);
    default:
      return null;
  }
}

function dispatched(run: Run, asked: readonly Action[], event: EventOf<"task_dispatched">): string | null {
  const { attempt, tier, carried_from } = event;
  const { jobs } = run.started;
  if (run.tasks.filter(({ state }) => state === "active").length >= jobs) return `All ${jobs} places were taken`;
  const found = asked.find((one) => one.do === "dispatch" && one.attempt === attempt && one.tier === tier);
  if (found?.do !== "dispatch") return `Attempt ${attempt} at rung ${tier} was not to begin`;
  // Work that no longer fits the head is not gone on with, so none is never wrong.
  const kept = found.carry ? (taskOf(run, event.task).work?.kept ?? null) : null;
  return carried_from === null || carried_from === kept ? null : "It was not to go on from that work";
}

/** All whose turn it was are in the batch, or are told to be judged apart from it. */
function begun(memory: Memory, { tasks, apart }: EventOf<"batch_begun">): string | null {
  const everybody = [...tasks, ...apart];
  const named = (all: readonly Member[]) => canonical(all.map(({ task, attempt }) => `${task}#${attempt}`).toSorted());
  const asked = everybody.flatMap(({ task }) => askedFor(memory, task));
  const same = asked.some((one) => one.do === "judge_batch" && named(one.tasks) === named(everybody));
  return same ? null : "These were not to be judged together";
}

/** When it was asked for is not in the log, only when it was granted: a ceiling of time is left out. */
function paid(run: Run, { task, tokens, cost_micros, again }: EventOf<"call_reserved">): string | null {
  const ask = { task, tokens, cost_micros, ...(again ? { again } : {}) };
  const short = shortOf(run, ask, { run_ms: 0, task_ms: 0 });
  return short && `The ${short.of} could not pay for the call: it had ${short.most} ${short.limit}`;
}

function routed({ agents }: Memory, { task, candidates, chosen, why }: EventOf<"task_routed">): string | null {
  const derived = chooseRoute(candidates);
  if (derived.chosen.model !== chosen || derived.why !== why)
    return `Of its candidates it was to go to "${derived.chosen.model}" (${derived.why}), not to "${chosen}" (${why})`;
  const agent = agents.get(task);
  return agent === chosen ? null : `It had been given to "${agent}", not to "${chosen}"`;
}

/** What a worker states weighs what its own calls make of it. */
function weighed(calls: readonly MadeCall[], { checks, left, tree }: EventOf<"checks_stated">): string | null {
  const derived = checks.map(({ check, command, outcome }) => ({ check, command, outcome }));
  const same = canonical(weighChecks(derived, calls, left !== tree)) === canonical(checks);
  return same ? null : "What it states is not what its calls make of it";
}

/** Whether its tests were seen to fail is what its calls show. */
function watched(steps: readonly Step[], { command, verdict, why, call }: EventOf<"tests_watched">): string | null {
  const derived = watchTests(command, steps);
  const same = canonical(derived) === canonical({ verdict, why, call });
  return same ? null : `Of its tests its calls show "${derived.verdict}", not "${verdict}"`;
}

/** A review says what its votes come to, whatever anybody has written of it; null: there was none, or it does. */
function reviewed({ verdicts, reviews }: Memory, task: TaskId): string | null {
  const said = verdicts.get(task)?.findLast(({ gate }) => gate === "review") ?? null;
  const { opened = null, votes = [] } = reviews.get(task) ?? {};
  if (opened === null) return null; // it broke before it asked, or another gate was called so in a log from before
  if (said === null) return `The review of tree ${opened.tree} has come to no end`;
  const { verdict } = countVotes(opened, votes);
  return said.verdict === verdict || said.verdict === "broken"
    ? null
    : `The review had said "${said.verdict}", and its votes come to "${verdict}"`;
}

/** A person's no is on record beside what comes of it. */
function unapproved({ answers }: Memory, { task, attempt }: EventOf<"candidate_rejected">): string | null {
  const said = answers.get(task);
  return said?.attempt === attempt && said.verdict === "reject" ? null : "No person had rejected it";
}

/** The first gate that does not pass decides; without one a candidate passes, unless git could not put it on the head. */
function judged(
  verdicts: readonly EventOf<"gate_judged">[],
  event: EventOf<"candidate_passed" | "candidate_rejected">,
): string | null {
  const refused = verdicts.find(({ verdict }) => verdict !== "pass");
  if (event.kind === "candidate_passed")
    return refused ? `The gate "${refused.gate}" had said "${refused.verdict}"` : null;
  if (!refused) return event.cause === "text_conflict" ? null : `No gate had refused it, so not "${event.gate}"`;
  if (refused.gate !== event.gate) return `The gate "${refused.gate}" had refused it, not "${event.gate}"`;
  if ((refused.verdict === "broken") !== (event.cause === "broken"))
    return `The gate "${refused.gate}" had said "${refused.verdict}", and the cause is "${event.cause}"`;
  const same = canonical(refused.findings) === canonical(event.findings);
  return same ? null : `The gate "${refused.gate}" had found something else`;
}

const askedFor = ({ asked }: Memory, task: TaskId): Action[] => [...(asked.get(task)?.values() ?? [])];

type Folding = { before: Run | null; after: Run; event: Event };

/** Takes in what an event changes: what is asked for now, and which verdicts still count. */
function remember(memory: Memory, { before, after, event }: Folding): void {
  const { asked, verdicts, reviews, agents, calls, steps, answers } = memory;
  if (event.kind === "approval_answered") answers.set(event.task, event);
  if (event.kind === "task_dispatched") agents.set(event.task, `${event.provider}/${event.agent}`);
  noteCall(calls, event);
  noteStep(steps, event);
  if (event.kind === "gate_judged") verdicts.set(event.task, [...(verdicts.get(event.task) ?? []), event]);
  if (event.kind === "review_opened" || event.kind === "seat_voted")
    reviews.set(event.task, reviewAfter(reviews.get(event.task), event));
  const same = before?.tasks === after.tasks && before.batches === after.batches && before.state === after.state;
  if (same && event.kind !== "run_resumed") return;
  if (event.kind === "run_resumed") {
    asked.clear(); // who had begun something is gone
    verdicts.clear();
    for (const task of reviews.keys()) closeReview(reviews, task);
  }
  if ("task" in event) {
    asked.delete(event.task);
    verdicts.delete(event.task);
    closeReview(reviews, event.task);
  }
  for (const action of next(after)) {
    if (!("task" in action)) continue; // of the run: it is recorded before anything else is, or not at all
    const together = action.do === "land" ? landingWith(after, taskOf(after, action.task)) : null;
    for (const { id } of together ?? [{ id: action.task }])
      asked.set(id, (asked.get(id) ?? new Map<string, Action>()).set(canonical(action), action));
  }
}

function reviewAfter(before: Review | undefined, event: EventOf<"review_opened" | "seat_voted">): Review {
  const { opened, votes } = before ?? { opened: null, votes: [] };
  return event.kind === "seat_voted" ? { opened, votes: [...votes, event] } : { opened: event, votes };
}

/** What was asked is over; who asks the same again need not pay for the answer again. */
function closeReview(reviews: Memory["reviews"], task: TaskId): void {
  const review = reviews.get(task);
  if (review) reviews.set(task, { ...review, opened: null });
}
