import { strict as assert } from "node:assert";
import type { Batches } from "./batch.ts";
import type { Cause, EventOf, Finding, Short } from "./event.ts";
import type { TaskId, TaskSpec } from "./plan.ts";
import { nothingSpent, type Spent } from "./spent.ts";
import type { TaskState } from "./transition.ts";
import { isWhole, nothingLanded, type Whole } from "./whole.ts";

/** A task as the log tells it. */
export type Task = {
  id: TaskId;
  after: readonly TaskId[];
  state: TaskState;
  attempt: number; // attempts begun; 0 before the first
  tier: number; // rung of the escalation ladder the next attempt uses
  failures: Failures;
  forks: Forks;
  stale: number; // how often in a row the target moved under its candidate
  failed: Failed | null; // why the last attempt ended; null unless the state is `failed`, or a retry carries findings on
  carry: boolean; // the next attempt goes on from the kept work of the last one
  work: Work | null; // what the current or last attempt made
};

/**
 * Attempts that went on with clean context because the one before had no turns left, in a row: `used` of `most`, which
 * count against no limit. The one after them begins afresh, and counts; `most` null: each counts, and goes on.
 */
export type Forks = { used: number; most: number | null };

/** Attempts of the current rung that count against a limit, by who ended them. */
export type Failures = { own: number; settlement: number };

/** `gate` is where a judged candidate fell, null when it never got that far; `blame` is absent then, and in old logs. */
export type Failed = {
  cause: Cause;
  detail: string;
  gate: string | null;
  findings: readonly Finding[];
  blame?: NonNullable<EventOf<"candidate_rejected">["blame"]>;
  clash?: NonNullable<EventOf<"candidate_rejected">["clash"]>;
};

/**
 * Git objects of an attempt. `candidate` is the frozen work on `base`; `integrated` what was judged on top of `head`,
 * which is the only thing that may land, and with a `tip` only together with what is on top of it. `kept` is the attempt's commit, also when it failed before it was a candidate.
 */
export type Work = {
  base: string;
  kept: string | null;
  candidate: { tree: string; commit: string; approved?: true } | null; // by a person, where one is asked
  integrated: { head: string; tree: string; commit: string; tip?: string } | null;
  landed: string | null;
};

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
  readonly batches: Batches;
  readonly short: Short | null; // the ceiling of the whole run that it came to: nothing more is begun
  readonly paused: boolean; // by a person: no attempt is begun until the run is resumed
  readonly whole: Whole;
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
      forks: { used: 0, most: spec.forks ?? null },
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
    spent: nothingSpent(started.tasks),
    batches: { queue: [], judged: null },
    short: null,
    paused: false,
    whole: nothingLanded,
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

/** How a run stands when nothing is left to do: `complete` only when every task has landed, and they pass together. */
export function verdict(run: Run): EventOf<"run_ended">["status"] {
  const landed = run.tasks.filter((task) => task.state === "landed").length;
  if (landed === run.tasks.length) return isWhole(run) ? "complete" : "red";
  return landed > 0 ? "partial" : "failed";
}
