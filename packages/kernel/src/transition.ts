import { strict as assert } from "node:assert";
import { answered, assertPerson, awaitsApproval } from "./approval.ts";
import { foldBatch, groupToJudge, isBatching, landingWith, type Member } from "./batch.ts";
import type { Event, EventKind, EventOf } from "./event.ts";
import { assertBegun, assertCall, assertHeard, assertJudged } from "./legal_facts.ts";
import type { TaskId } from "./plan.ts";
import { countsAgainst, forksAfter, retry } from "./retry.ts";
import { changesFiles } from "./role.ts";
import { type Failed, type Run, type Task, taskOf, verdict } from "./run.ts";
import { settleOpen, spend } from "./spent.ts";
import { atTheEnd, foldWhole, wholeAfter } from "./whole.ts";

export type TaskState = "waiting" | "active" | "judging" | "ready" | "landing" | "landed" | "failed" | "skipped";

/**
 * Where each event takes a task. This table is the lifecycle: no other place says it.
 * An absent cell is an illegal event, which `apply` refuses before the log can hold it.
 */
// biome-ignore format: a table reads by its columns
export const TRANSITIONS = {
  waiting: { task_dispatched: "active", task_skipped: "skipped", task_cancelled: "skipped" },
  active:  { candidate_frozen: "judging", report_filed: "landed", attempt_failed: "failed" },
  judging: { candidate_passed: "ready", candidate_rejected: "failed", attempt_failed: "failed" },
  ready:   { landing_started: "landing", candidate_stale: "judging", candidate_rejected: "failed", attempt_failed: "failed" },
  landing: { task_landed: "landed", landing_refused: "judging" },
  failed:  { task_retried: "waiting", task_cancelled: "skipped" },
  skipped: { task_retried: "waiting" },
  landed:  {},
} as const satisfies Record<TaskState, Partial<Record<EventKind, TaskState>>>;

type Columns = { [State in TaskState]: keyof (typeof TRANSITIONS)[State] }[TaskState];

/** The events that move a task: the columns of the table. */
export type TaskEvent = EventOf<Columns>;

/** The same as values, for whoever reads only these. */
export const MOVES: readonly TaskEvent["kind"][] = [
  ...new Set(Object.values(TRANSITIONS).flatMap((cells) => Object.keys(cells) as Columns[])), // keys of the table, by its type
];

/** All that a run's state is folded from, but for what it has spent. */
export const FOLDED: readonly EventKind[] = [
  ...(["run_started", "run_resumed", "run_interrupted", "run_paused", "run_forked"] as const),
  ...(["batch_begun", "batch_judged", "batch_split"] as const),
  ...MOVES,
  "approval_answered",
  ...(["head_judged", "good_head_kept", "run_ended"] as const),
];

/** What is to be done. Each names what it needs; how it is done is the governor's business. */
export type Action =
  | { do: "dispatch"; task: TaskId; attempt: number; tier: number; carry: boolean }
  | { do: "judge"; task: TaskId; attempt: number }
  | { do: "judge_batch"; task: TaskId; attempt: number; tasks: readonly Member[] } // `task` is the first of them
  | { do: "land"; task: TaskId; attempt: number } // with those of `landingWith`
  | { do: "retry"; task: TaskId; attempt: number; tier: number; carry: boolean; after_ms: number }
  | { do: "skip"; task: TaskId; because: TaskId }
  | { do: "judge_head"; commit: string | null } // null: the target's head as it is then
  | { do: "keep_good"; commit: string }
  | { do: "end"; status: EventOf<"run_ended">["status"] };

/** A candidate that lost this many races keeps the others from landing until it is through: nobody starves. */
const STALE_MAX = 2;

/**
 * Folds one event into the run. Replaying a whole log is a reduce over it: there is no other recovery code.
 *
 * @throws AssertionError for an event that is illegal in the run's state; nothing is changed
 */
export function apply(run: Run, event: Event): Run {
  switch (event.kind) {
    case "run_started":
      return assert.fail('Illegal event "run_started": the run has started');
    case "run_resumed":
      assert(run.state !== "ended", 'Illegal event "run_resumed": the run has ended');
      return { ...withoutOpen(run, event), state: "running", paused: false };
    case "run_paused":
      assert(
        run.state === "running" && !run.paused,
        `Illegal event "run_paused": the run is ${run.paused ? "paused" : run.state}`,
      );
      return { ...run, paused: true };
    case "run_interrupted":
      assert(run.state === "running", `Illegal event "run_interrupted" in a run that is "${run.state}"`);
      return { ...run, state: "interrupted" };
    case "run_forked": // who had begun something works for another run
      assert(run.state !== "ended", 'Illegal event "run_forked": the run has ended');
      return { ...withoutOpen(run, event), state: "interrupted" };
    case "head_judged":
    case "good_head_kept":
      assertOver(run, event);
      return { ...run, whole: foldWhole(run, event, atTheEnd(run)) };
    case "run_ended":
      assert(run.state === "running", `Illegal event "run_ended" in a run that is "${run.state}"`);
      assertOver(run, event);
      assert(atTheEnd(run) === null, 'Illegal event "run_ended": the whole was to be judged');
      assert.equal(event.status, verdict(run), "A run ends with the status its tasks give it");
      return { ...run, state: "ended", status: event.status };
    case "call_reserved":
    case "call_settled":
      assertCall(run, event);
      return { ...run, spent: spend(run.spent, event) };
    case "review_opened":
    case "seat_voted":
      assertJudged(run, event);
      return run;
    case "approval_answered":
      return answered(run, event);
    case "finding_answered":
      assertHeard(run, event);
      return run;
    case "batch_begun":
    case "batch_judged":
    case "batch_split":
      return { ...run, batches: foldBatch(run, event) };
    case "sandbox_chosen":
    case "tests_frozen":
      return run;
    case "task_routed":
    case "tool_called":
    case "agent_started":
    case "agent_ended":
    case "gate_judged":
    case "integration_risk_scored":
    case "merged_by_symbol":
    case "symbols_touched":
    case "ledger_recalled":
    case "checks_stated":
    case "answer_given":
    case "tests_watched":
    case "checkout_behind":
      assertBegun(run, event);
      return run;
    default:
      return move(run, event);
  }
}

/** What was under way in another process is not any more. */
const withoutOpen = (run: Run, event: EventOf<"run_resumed" | "run_forked">): Run => ({
  ...run,
  spent: settleOpen(run.spent, null),
  whole: wholeAfter(run, event),
});

/** Not begun any more: the run has spent what it may. */
const isLeft = ({ short }: Run, { state }: Task) => short !== null && state === "waiting";

const isOver = ({ state }: Task) => state === "landed" || state === "failed" || state === "skipped";

function assertOver(run: Run, { kind }: Event): void {
  const over = run.tasks.every((task) => isOver(task) || isLeft(run, task));
  assert(over, `Illegal event "${kind}": a task is not over`);
}

/** Moves one task along the table. */
function move(run: Run, event: TaskEvent): Run {
  const task = taskOf(run, event.task);
  const cells: Partial<Record<EventKind, TaskState>> = TRANSITIONS[task.state];
  const state = cells[event.kind];
  assert(state, `Illegal event "${event.kind}" for task "${task.id}" in state "${task.state}"`);
  assertRunning(run, event);
  assertAttempt(run, task, event);
  const tasks = run.tasks.slice();
  tasks[run.index.get(task.id) ?? -1] = { ...task, state, ...changes(task, event) };
  const over = "attempt" in event && ENDS_CALLS.has(event.kind);
  const short = event.kind === "attempt_failed" && event.short?.of === "run" ? event.short : run.short;
  return {
    ...run,
    tasks,
    short,
    spent: over ? settleOpen(run.spent, event) : run.spent,
    whole: wholeAfter(run, event),
  };
}

/** After these nobody is left who could send or answer a call: the worker has stopped, or the judges have. */
const ENDS_CALLS: ReadonlySet<EventKind> = new Set([
  "attempt_failed",
  "candidate_frozen",
  "report_filed",
  "candidate_passed",
  "candidate_rejected",
]);

/** What a run that was told to stop must not begin. What is under way may still come to its end. */
const BEGINS: ReadonlySet<EventKind> = new Set(["task_dispatched", "landing_started"]);

function assertRunning(run: Run, event: TaskEvent): void {
  assert(run.state !== "ended", `Illegal event "${event.kind}": the run has ended`);
  assert(run.state === "running" || !BEGINS.has(event.kind), `Illegal event "${event.kind}": the run is interrupted`);
}

/** What the table's columns cannot say: the right attempt, dependencies that have landed, one landing at a time, judged work only. */
function assertAttempt(run: Run, task: Task, event: TaskEvent): void {
  const illegal = `Illegal event "${event.kind}" for task "${task.id}"`;
  if (event.kind === "task_skipped") {
    assert(task.after.includes(event.because), `${illegal}: it does not wait for "${event.because}"`);
    const { state } = taskOf(run, event.because);
    assert(state === "failed" || state === "skipped", `${illegal}: "${event.because}" is "${state}"`);
    return;
  }
  if (event.kind === "task_dispatched") {
    assert.equal(event.attempt, task.attempt + 1, `${illegal}: attempts count up by one`);
    assert(
      task.after.every((id) => taskOf(run, id).state === "landed"),
      `${illegal}: a dependency has not landed`,
    );
    return;
  }
  assert.equal(event.attempt, task.attempt, `${illegal}: attempt ${task.attempt} is the current one`);
  if (event.kind === "candidate_frozen" || event.kind === "report_filed")
    assert.equal(isCandidate(run, task), event.kind === "candidate_frozen", `${illegal}: its role ends otherwise`);
  if (event.kind === "candidate_passed" && event.tip !== undefined) {
    const { judged } = run.batches;
    assert(judged?.tip === event.tip, `${illegal}: no such batch has passed`);
    assert(
      judged.tasks.some((one) => one.task === task.id && one.attempt === event.attempt),
      `${illegal}: another batch`,
    );
  }
  if (task.state === "ready") assertPerson(task, event, illegal);
  if (event.kind === "landing_started") assertLanding(run, task, event);
  if (event.kind === "task_landed")
    assert.equal(event.commit, task.work?.integrated?.commit, `${illegal}: another commit`);
}

/** One landing at a time, of what was judged, and of a batch all of it. */
function assertLanding(run: Run, task: Task, { kind, head, tree, commit }: EventOf<"landing_started">): void {
  const illegal = `Illegal event "${kind}" for task "${task.id}"`;
  const { tip, ...judged } = task.work?.integrated ?? {};
  const together = landingWith(run, task);
  assert(together, `${illegal}: not all that were judged with it are to land`);
  assert(!together.some((one) => awaitsApproval(run, one)), `${illegal}: a person has not approved it`);
  const other = run.tasks.some((one) => one.state === "landing" && !together.includes(one));
  assert(!other, `${illegal}: another landing is under way`);
  assert.deepEqual({ head, tree, commit }, judged, `${illegal}: only what was judged may land`);
}

/** Whether the role of a task ends with a candidate. */
function isCandidate(run: Run, task: Task): boolean {
  const role = run.started.tasks[run.index.get(task.id) ?? -1]?.role;
  return role !== undefined && changesFiles(role);
}

/** The fields an event changes besides the state. */
function changes(task: Task, event: TaskEvent): Partial<Task> {
  const work = task.work ?? { base: "", kept: null, candidate: null, integrated: null, landed: null };
  switch (event.kind) {
    case "task_dispatched":
      return {
        attempt: event.attempt,
        tier: event.tier,
        stale: 0,
        work: { base: event.base, kept: null, candidate: null, integrated: null, landed: null },
      };
    case "candidate_frozen":
      return {
        work: { ...work, base: event.base, kept: event.commit, candidate: { tree: event.tree, commit: event.commit } },
        failed: null,
      };
    case "report_filed":
      return { work: { ...work, landed: event.base }, failed: null };
    case "candidate_passed":
      return { work: { ...work, integrated: integratedBy(event) } };
    case "candidate_stale":
    case "landing_refused":
      return { stale: task.stale + 1, work: { ...work, integrated: null } };
    case "task_landed":
      return { work: { ...work, landed: event.commit }, failed: null, stale: 0 };
    case "attempt_failed": {
      const failed: Failed = { cause: event.cause, detail: event.detail, gate: null, findings: [] };
      return { ...fail(task, failed), work: { ...work, kept: event.kept ?? work.kept } };
    }
    case "candidate_rejected":
      return fail(task, refused(event));
    case "task_retried":
      return {
        tier: event.tier,
        carry: event.carry,
        forks: forksAfter(task, event.carry && event.by === "policy"),
        ...(event.by === "user" || event.tier !== task.tier ? { failures: { own: 0, settlement: 0 } } : {}),
      };
    case "landing_started":
    case "task_skipped":
    case "task_cancelled":
      return {};
  }
}

const integratedBy = ({ head, tree, commit, tip }: EventOf<"candidate_passed">) =>
  tip === undefined ? { head, tree, commit } : { head, tree, commit, tip };

/** A refused candidate has no words of its own beside its findings. */
function refused({ cause, gate, findings, blame, clash }: EventOf<"candidate_rejected">): Failed {
  return { cause, detail: "", gate, findings, ...(blame && { blame }), ...(clash && { clash }) };
}

function fail(task: Task, failed: Failed): Pick<Task, "failed" | "failures"> {
  const counted = countsAgainst(task, failed.cause);
  const failures = { ...task.failures };
  if (counted === "own" || counted === "settlement") failures[counted] += 1;
  return { failed, failures };
}

/**
 * What to do now. A function of the state alone, so it answers the same after a crash as before it:
 * whoever performs actions remembers which of them are under way. What is under way but not yet in the log is not known
 * here: the performer counts a dispatch that has not been recorded against `jobs`, and begins no second `land` before the
 * first has come to its end, also when another task's turn has come in between.
 */
export function next(run: Run): Action[] {
  if (run.state !== "running") return [];
  const actions: Action[] = [];
  const decided = run.tasks.map((task) => (task.state === "failed" ? retry(task, run.started.retry) : null));
  const dead = deadTasks(
    run,
    decided.map((decision) => decision?.do === "give_up"),
  );
  const begins = !run.short && !run.paused;
  let free = run.started.jobs - run.tasks.filter((task) => task.state === "active").length;
  run.tasks.forEach((task, at) => {
    const { id, attempt } = task;
    const decision = decided[at];
    if (decision?.do === "retry" && begins) {
      const { tier, carry, after_ms } = decision;
      actions.push({ do: "retry", task: id, attempt, tier, carry, after_ms });
    }
    if (task.state === "judging" && !isBatching(run)) actions.push({ do: "judge", task: id, attempt });
    if (task.state !== "waiting") return;
    const because = task.after.find((dep) => dead.has(dep));
    if (because) actions.push({ do: "skip", task: id, because });
    else if (free > 0 && begins && task.after.every((dep) => taskOf(run, dep).state === "landed")) {
      free -= 1;
      actions.push({ do: "dispatch", task: id, attempt: attempt + 1, tier: task.tier, carry: task.carry });
    }
  });
  actions.push(...judgeTogether(run));
  const landing = nextLanding(run);
  if (landing) actions.push({ do: "land", task: landing.id, attempt: landing.attempt });
  const settled = run.tasks.every((task, at) =>
    isOver(task) ? task.state !== "failed" || run.short || decided[at]?.do === "give_up" : isLeft(run, task),
  );
  if (settled) actions.push(atTheEnd(run) ?? { do: "end", status: verdict(run) });
  return actions;
}

/** One judgement after the other, each on the head that the one before it has left: so none is for nothing. */
function judgeTogether(run: Run): Action[] {
  if (!isBatching(run) || run.tasks.some(({ state }) => state === "ready" || state === "landing")) return [];
  const tasks = groupToJudge(run);
  const [first] = tasks;
  if (!first) return [];
  return [tasks.length === 1 ? { do: "judge", ...first } : { do: "judge_batch", ...first, tasks }];
}

/** One landing at a time; the task that is landing is asked for again, so that a crash in it is gone on with. */
function nextLanding(run: Run): Task | undefined {
  const landing = run.tasks.find((task) => task.state === "landing");
  if (landing) return firstToLand(run, landing);
  if (isBatching(run)) {
    const whole = run.tasks.find((task) => isReady(run, task) && landingWith(run, task) !== null);
    return firstToLand(run, whole);
  }
  const starved = run.tasks.find((task) => task.stale >= STALE_MAX && (task.state === "judging" || isReady(run, task)));
  if (starved) return starved.state === "ready" ? starved : undefined;
  return run.tasks.find((task) => isReady(run, task));
}

const isReady = (run: Run, task: Task): boolean => task.state === "ready" && !awaitsApproval(run, task);

const firstToLand = (run: Run, task: Task | undefined): Task | undefined => task && landingWith(run, task)?.[0];

/** Tasks that will never land in this run: given up on, or skipped. Who waits for one is skipped in its turn. */
function deadTasks(run: Run, givenUp: readonly boolean[]): Set<TaskId> {
  const dead = new Set<TaskId>();
  run.tasks.forEach((task, at) => {
    if (task.state === "skipped" || givenUp[at]) dead.add(task.id);
  });
  return dead;
}
