import { strict as assert } from "node:assert";
import type { EventOf, Usage } from "./event.ts";
import type { RunLimits, TaskId } from "./plan.ts";

/** What the run has spent, and what is reserved by calls in flight: task and call → the most they can cost. */
export type Spent = { calls: number; tokens: number; cost_micros: number; reserved: ReadonlyMap<string, Reservation> };
export type Reservation = { tokens: number; cost_micros: number };

/** What of a run decides whether it can pay. */
type Purse = { readonly started: { limits: RunLimits }; readonly spent: Spent };

/**
 * Whether a call that may use this much can be sent. `true` reserves nothing: append `call_reserved` for that.
 * The most a run can overshoot is what the calls in flight use beyond their own estimate.
 */
export function affords(run: Purse, ask: Reservation, elapsed_ms: number): boolean {
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
