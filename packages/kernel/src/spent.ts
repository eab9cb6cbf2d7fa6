import { strict as assert } from "node:assert";
import type { EventOf, Short, Usage } from "./event.ts";
import type { RunLimits, TaskId, TaskSpec } from "./plan.ts";

/** Sums over calls. A turn is what a model says once; the calls that it took to hear it are counted each. */
type Totals = { calls: number; turns: number; tokens: number; cost_micros: number };

/**
 * What the run has spent, and what is reserved by calls in flight: task and call → the most they can cost.
 * `tasks` has what each task with a ceiling of its own has spent, over all its attempts.
 */
export type Spent = Totals & { reserved: ReadonlyMap<string, Reservation>; tasks: ReadonlyMap<TaskId, Totals> };
type Reservation = Pick<Totals, "turns" | "tokens" | "cost_micros">;

const NOTHING: Totals = { calls: 0, turns: 0, tokens: 0, cost_micros: 0 };

/** Of a run that has sent no call. */
export const nothingSpent = (tasks: readonly Pick<TaskSpec, "id" | "limits">[]): Spent => ({
  ...NOTHING,
  reserved: new Map(),
  tasks: new Map(tasks.flatMap(({ id, limits }) => (limits ? [[id, NOTHING]] : []))),
});

/** What of a run decides whether it can pay. */
type Purse = {
  readonly started: { limits: RunLimits; tasks: readonly Pick<TaskSpec, "id" | "limits">[] };
  readonly index: ReadonlyMap<TaskId, number>;
  readonly spent: Spent;
};

/** A call of a task that is to be sent: the most it can use. `again`: its turn has had a call before. */
export type Ask = { task: TaskId; tokens: number; cost_micros: number; again?: true };

/** How long the run and the task have been at work. */
type Worked = { run_ms: number; task_ms: number };

/** Whether a call that may use this much can be sent; see `shortOf`. */
export const affords = (run: Purse, ask: Ask, run_ms: number): boolean =>
  shortOf(run, ask, { run_ms, task_ms: 0 }) === null;

/**
 * The ceiling that a call would pass, or null when it can be sent. Null reserves nothing: append `call_reserved` for that.
 * `waits`: it is only what calls in flight may still cost that is in the way.
 */
export function shortOf(
  run: Purse,
  { task, tokens, cost_micros, again }: Ask,
  { run_ms, task_ms }: Worked,
): (Short & { waits: boolean }) | null {
  const ask = { calls: 1, turns: again ? 0 : 1, tokens, cost_micros };
  const { limits, held, mine, own } = purses(run, task);
  return (
    passed("run", limits, { spent: run.spent, held, ask, ms: run_ms }) ??
    (own ? passed("task", own, { ...mine, ask, ms: task_ms }) : null)
  );
}

/** What a call of this task can still use, beside what is spent and reserved; null where there is no ceiling. */
export function left(run: Purse, task: TaskId): { tokens: number | null; cost_micros: number | null } {
  const { limits, held, mine, own } = purses(run, task);
  const of = (key: "tokens" | "cost_micros"): number | null => {
    const most = limits[key];
    const most_own = own?.[key] ?? null;
    const rests = [
      ...(most === null ? [] : [most - run.spent[key] - held[key]]),
      ...(most_own === null ? [] : [most_own - mine.spent[key] - mine.held[key]]),
    ];
    return rests.length === 0 ? null : Math.max(0, Math.min(...rests));
  };
  return { tokens: of("tokens"), cost_micros: of("cost_micros") };
}

function purses({ started, index, spent }: Purse, task: TaskId) {
  return {
    limits: started.limits,
    held: heldBy(spent, ""),
    own: started.tasks[index.get(task) ?? -1]?.limits ?? null,
    mine: { spent: spent.tasks.get(task) ?? NOTHING, held: heldBy(spent, `${task}#`) },
  };
}

function heldBy({ reserved }: Spent, prefix: string): Totals {
  let held = NOTHING;
  for (const [key, one] of reserved) if (key.startsWith(prefix)) held = sum(held, { ...one, calls: 1 });
  return held;
}

type Asking = { spent: Totals; held: Totals; ask: Totals; ms: number };

function passed(of: Short["of"], limits: RunLimits, { spent, held, ask, ms }: Asking) {
  const keys = ["calls", "turns", "tokens", "cost_micros"] as const;
  for (const limit of keys) {
    const most = limits[limit] ?? null;
    const asked = ask[limit];
    if (most === null || spent[limit] + held[limit] + asked <= most) continue;
    const waits = spent[limit] + asked <= most;
    return { of, limit, most, spent: spent[limit] + held[limit], asked, waits };
  }
  if (limits.wall_ms === null || ms <= limits.wall_ms) return null;
  return { of, limit: "wall_ms" as const, most: limits.wall_ms, spent: Math.round(ms), asked: 0, waits: false };
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
    return settle(spent, key, event);
  }
  assert(!held, `Illegal event "call_reserved" for call "${key}": it is reserved`);
  const { tokens, cost_micros, again } = event;
  const reserved = new Map(spent.reserved).set(key, { turns: again ? 0 : 1, tokens, cost_micros });
  return { ...spent, reserved };
}

/**
 * Settles what is left reserved, at the most it can have cost: the calls of an attempt's phase that is over,
 * or all calls when the process that made them is gone.
 */
export function settleOpen(spent: Spent, attempt: { task: TaskId; attempt: number } | null): Spent {
  const prefix = attempt ? `${attempt.task}#${attempt.attempt}#` : "";
  let after = spent;
  for (const [key, { tokens, cost_micros }] of spent.reserved)
    if (key.startsWith(prefix)) {
      const task = key.slice(0, key.indexOf("#")) as TaskId; // a key begins with one, and no id holds a "#"
      after = settle(after, key, { task, usage: { input_tokens: tokens, output_tokens: 0, cost_micros } });
    }
  return after;
}

const callKey = (event: { task: TaskId; attempt: number; call: number }) =>
  `${event.task}#${event.attempt}#${event.call}`;

function settle(spent: Spent, key: string, { task, usage }: { task: TaskId; usage: Usage }): Spent {
  const reserved = new Map(spent.reserved);
  const turns = reserved.get(key)?.turns ?? 0;
  reserved.delete(key);
  const tokens = usage.input_tokens + usage.output_tokens;
  const call = { calls: 1, turns, tokens, cost_micros: usage.cost_micros };
  const own = spent.tasks.get(task);
  const tasks = own ? new Map(spent.tasks).set(task, sum(own, call)) : spent.tasks;
  return { ...sum(spent, call), reserved, tasks };
}

const sum = (one: Totals, other: Totals): Totals => ({
  calls: one.calls + other.calls,
  turns: one.turns + other.turns,
  tokens: one.tokens + other.tokens,
  cost_micros: one.cost_micros + other.cost_micros,
});
