import { strict as assert } from "node:assert";
import type { Cause, EventOf, Finding, Usage } from "./event.ts";
import type { TaskId, TaskSpec } from "./plan.ts";
import type { TaskState } from "./transition.ts";

/** A task as the log tells it. */
export type Task = {
  id: TaskId;
  after: readonly TaskId[];
  state: TaskState;
  attempt: number; // attempts begun; 0 before the first
  tier: number; // rung of the escalation ladder the next attempt uses
  failures: Failures;
  stale: number; // how often in a row the target moved under its candidate
  failed: Failed | null; // why the last attempt ended; null unless the state is `failed`, or a retry carries findings on
  carry: boolean; // the next attempt goes on from the kept work of the last one
  work: Work | null; // what the current or last attempt made
};

/** Attempts that count against a limit, by who ended them. */
export type Failures = { own: number; settlement: number };

/** `gate` is where a judged candidate fell, null when it never got that far. */
export type Failed = { cause: Cause; detail: string; gate: string | null; findings: readonly Finding[] };

/**
 * Git objects of an attempt. `candidate` is the frozen work on `base`; `integrated` what was judged on top of `head`,
 * which is the only thing that may land. `kept` is the attempt's commit, also when it failed before it was a candidate.
 */
export type Work = {
  base: string;
  kept: string | null;
  candidate: { tree: string; commit: string } | null;
  integrated: { head: string; tree: string; commit: string } | null;
  landed: string | null;
};

/** What the run has spent, and what is reserved by calls in flight: task and call → the most they can cost. */
export type Spent = { calls: number; tokens: number; cost_micros: number; reserved: ReadonlyMap<string, Reservation> };
export type Reservation = { tokens: number; cost_micros: number };

export type RunState = "running" | "interrupted" | "ended";

/** A run, folded from its events. A value: `apply` gives a new one. */
export type Run = {
  readonly started: EventOf<"run_started">;
  readonly started_at_ms: number;
  readonly state: RunState;
  readonly status: EventOf<"run_ended">["status"] | null;
  readonly tasks: readonly Task[]; // in plan order
  readonly index: ReadonlyMap<TaskId, number>;
  readonly spent: Spent;
};

/**
 * The run as its first event makes it.
 *
 * @throws AssertionError for tasks that could never all be done: an id twice, an unknown dependency, a cycle
 */
export function start(started: EventOf<"run_started">, at_ms: number): Run {
  assertOrder(started.tasks);
  const tasks = started.tasks.map(
    (spec): Task => ({
      id: spec.id,
      after: spec.after,
      state: spec.carried ? "landed" : "waiting",
      attempt: 0,
      tier: 0,
      failures: { own: 0, settlement: 0 },
      stale: 0,
      failed: null,
      carry: false,
      work: spec.carried
        ? { base: spec.carried, kept: null, candidate: null, integrated: null, landed: spec.carried }
        : null,
    }),
  );
  return {
    started,
    started_at_ms: at_ms,
    state: "running",
    status: null,
    tasks,
    index: new Map(tasks.map((task, at) => [task.id, at])),
    spent: { calls: 0, tokens: 0, cost_micros: 0, reserved: new Map() },
  };
}

/** A cycle would wait for itself forever, so no run begins with one, whoever compiled the plan. */
function assertOrder(specs: readonly TaskSpec[]): void {
  const open = new Map(specs.map(({ id, after }) => [id, new Set(after)]));
  assert.equal(open.size, specs.length, "Illegal plan: two tasks have one id");
  for (const { id, after } of specs)
    for (const dep of after) assert(open.has(dep), `Illegal plan: "${id}" comes after "${dep}", which is no task`);
  const free = specs.filter(({ after }) => after.length === 0).map(({ id }) => id);
  const waiters = new Map<TaskId, TaskId[]>(specs.map(({ id }) => [id, []]));
  for (const { id, after } of specs) for (const dep of new Set(after)) waiters.get(dep)?.push(id);
  for (const done of free) {
    for (const id of waiters.get(done) ?? []) {
      const left = open.get(id);
      left?.delete(done);
      if (left?.size === 0) free.push(id);
    }
  }
  assert.equal(free.length, specs.length, "Illegal plan: tasks wait for each other");
}

/** @throws AssertionError when the run has no such task: whoever asks has a plan that is not the run's */
export function taskOf(run: Run, id: TaskId): Task {
  const task = run.tasks[run.index.get(id) ?? -1];
  assert(task, `No task "${id}" in this run`);
  return task;
}

/** How a run stands when nothing is left to do: `complete` only when every task has landed. */
export function verdict(run: Run): EventOf<"run_ended">["status"] {
  const landed = run.tasks.filter((task) => task.state === "landed").length;
  if (landed === run.tasks.length) return "complete";
  return landed > 0 ? "partial" : "failed";
}

/**
 * Whether a call that may use this much can be sent. `true` reserves nothing: append `call_reserved` for that.
 * The most a run can overshoot is what the calls in flight use beyond their own estimate.
 */
export function affords(run: Run, ask: Reservation, elapsed_ms: number): boolean {
  const { limits } = run.started;
  let tokens = run.spent.tokens + ask.tokens;
  let cost_micros = run.spent.cost_micros + ask.cost_micros;
  for (const held of run.spent.reserved.values()) {
    tokens += held.tokens;
    cost_micros += held.cost_micros;
  }
  const calls = run.spent.calls + run.spent.reserved.size + 1;
  const within = (used: number, limit: number | null) => limit === null || used <= limit;
  return (
    within(calls, limits.calls) &&
    within(tokens, limits.tokens) &&
    within(cost_micros, limits.cost_micros) &&
    within(elapsed_ms, limits.wall_ms)
  );
}

/**
 * Reserves or settles. A call that ended with its attempt is settled by what it had reserved: it may have been paid for.
 *
 * @throws AssertionError for a call reserved twice, or settled without being reserved
 */
export function spend(spent: Spent, event: EventOf<"call_reserved" | "call_settled">): Spent {
  const key = callKey(event);
  const held = spent.reserved.has(key);
  if (event.kind === "call_settled") {
    assert(held, `Illegal event "call_settled" for call "${key}": it is not reserved`);
    return settle(spent, key, event.usage);
  }
  assert(!held, `Illegal event "call_reserved" for call "${key}": it is reserved`);
  const { tokens, cost_micros } = event;
  return { ...spent, reserved: new Map(spent.reserved).set(key, { tokens, cost_micros }) };
}

/**
 * Settles what is left reserved, at the most it can have cost: the calls of an attempt's phase that is over,
 * or all calls when the process that made them is gone.
 */
export function settleOpen(spent: Spent, attempt: { task: TaskId; attempt: number } | null): Spent {
  const prefix = attempt ? `${attempt.task}#${attempt.attempt}#` : "";
  let left = spent;
  for (const [key, { tokens, cost_micros }] of spent.reserved)
    if (key.startsWith(prefix)) left = settle(left, key, { input_tokens: tokens, output_tokens: 0, cost_micros });
  return left;
}

const callKey = (event: { task: TaskId; attempt: number; call: number }) =>
  `${event.task}#${event.attempt}#${event.call}`;

function settle(spent: Spent, key: string, usage: Usage): Spent {
  const reserved = new Map(spent.reserved);
  reserved.delete(key);
  return {
    calls: spent.calls + 1,
    tokens: spent.tokens + usage.input_tokens + usage.output_tokens,
    cost_micros: spent.cost_micros + usage.cost_micros,
    reserved,
  };
}
