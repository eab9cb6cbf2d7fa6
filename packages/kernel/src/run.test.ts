import { describe, expect, test } from "bun:test";
import { Event } from "./event.ts";
import type { RunLimits } from "./plan.ts";
import { verdict } from "./run.ts";
import { affords, left, shortOf } from "./spent.ts";
import { applyAll, lifeOf, oid, runOf, sampleOf, spec, task } from "./testing/events.ts";
import { apply, next } from "./transition.ts";

const a = task("a");
const sample = sampleOf(a);
const none: RunLimits = { calls: null, tokens: null, cost_micros: null, wall_ms: null };
const active = (limits: Partial<RunLimits>) =>
  apply(runOf([spec("a"), spec("b")], { limits: { ...none, ...limits } }), sample.task_dispatched);
const ask = { task: a, tokens: 10, cost_micros: 10 };

describe("a call is sent only when the run can pay for it", () => {
  test.each<[limits: Partial<RunLimits>, want: boolean]>([
    [{}, true],
    [{ tokens: 10 }, true],
    [{ tokens: 9 }, false],
    [{ cost_micros: 10 }, true],
    [{ cost_micros: 9 }, false],
    [{ calls: 1 }, true],
    [{ calls: 0 }, false],
    [{ wall_ms: 100 }, true],
    [{ wall_ms: 99 }, false],
  ])("the first, of 10 tokens and 10 micros after 100 ms, under %p: %p", (limits, want) => {
    expect(affords(active(limits), ask, 100)).toBe(want);
  });

  test("what is reserved counts as spent", () => {
    const run = apply(active({ tokens: 15, calls: 2 }), sample.call_reserved);
    expect(affords(run, { task: a, tokens: 5, cost_micros: 0 }, 0)).toBe(true);
    expect(affords(run, { task: a, tokens: 6, cost_micros: 0 }, 0)).toBe(false);
    const two = apply(run, { ...sample.call_reserved, call: 2, tokens: 0 });
    expect(affords(two, { task: a, tokens: 0, cost_micros: 0 }, 0)).toBe(false);
  });

  test("what was not used comes back, and what was used beyond it is known", () => {
    const reserved = apply(active({ tokens: 20 }), sample.call_reserved);
    const cheap = apply(reserved, {
      ...sample.call_settled,
      usage: { input_tokens: 1, output_tokens: 1, cost_micros: 0 },
    });
    expect(cheap.spent).toMatchObject({ calls: 1, turns: 1, tokens: 2, cost_micros: 0, reserved: new Map() });
    expect(affords(cheap, { task: a, tokens: 18, cost_micros: 0 }, 0)).toBe(true);
    const dear = apply(reserved, {
      ...sample.call_settled,
      usage: { input_tokens: 15, output_tokens: 15, cost_micros: 0 },
    });
    expect(affords(dear, { task: a, tokens: 0, cost_micros: 0 }, 0)).toBe(false);
  });
});

test.each(["attempt_failed", "candidate_frozen"] as const)(
  "%s settles the attempt's open calls at the most",
  (kind) => {
    const b = sampleOf(task("b"));
    const run = applyAll(active({}), [sample.call_reserved, b.task_dispatched, b.call_reserved, sample[kind]]);
    expect(run.spent).toMatchObject({ calls: 1, tokens: 10, cost_micros: 10 });
    expect([...run.spent.reserved.keys()]).toEqual([`${task("b")}#1#1`]);
  },
);

test.each(["candidate_passed", "candidate_rejected"] as const)("%s settles the reviewers' open calls", (kind) => {
  const run = applyAll(active({}), [sample.candidate_frozen, { ...sample.call_reserved, call: 7 }, sample[kind]]);
  expect(run.spent).toMatchObject({ calls: 1, tokens: 10 });
  expect(run.spent.reserved.size).toBe(0);
});

test("a resumed run has no call in flight: the process that made them is gone", () => {
  const run = applyAll(active({}), [sample.call_reserved, sample.run_resumed]);
  expect(run.spent).toMatchObject({ calls: 1, turns: 1, tokens: 10, cost_micros: 10, reserved: new Map() });
});

test("a forked run is at rest, and none of its calls is in flight: who made them works for another run", () => {
  const run = applyAll(active({}), [sample.call_reserved, sample.run_forked]);
  expect(run).toMatchObject({ state: "interrupted", spent: { calls: 1, tokens: 10, reserved: new Map() } });
  expect(next(run)).toEqual([]);
  expect(next(apply(run, sample.run_resumed))).toEqual(next(active({})));
  const ended = applyAll(runOf([spec("a")]), [...lifeOf(a), { kind: "run_ended", status: "complete" }]);
  expect(() => apply(ended, sample.run_forked)).toThrow('Illegal event "run_forked"');
});

test("an attempt's calls are not those of a task whose name it begins", () => {
  const ab = sampleOf(task("ab"));
  const run = applyAll(runOf([spec("a"), spec("ab")]), [sample.task_dispatched, ab.task_dispatched, ab.call_reserved]);
  expect(apply(run, sample.attempt_failed).spent.reserved.size).toBe(1);
});

test.each([
  ["complete", 2],
  ["partial", 1],
  ["failed", 0],
] as const)("%s: %i of two have landed", (want, landed) => {
  const lives = [lifeOf(a), lifeOf(task("b"))].slice(0, landed).flat();
  expect(verdict(applyAll(runOf([spec("a"), spec("b")]), lives))).toBe(want);
});

test("a run whose tasks had all landed before is complete", () => {
  expect(verdict(runOf([spec("a", [], { carried: oid("5") })]))).toBe("complete");
});

describe("H2 a task's ceiling is over all its attempts, and nobody else's", () => {
  const own: RunLimits = { ...none, tokens: 25 };
  const run = applyAll(runOf([spec("a", [], { limits: own }), spec("b")]), [
    sample.task_dispatched,
    sample.call_reserved,
    sample.call_settled,
    sample.attempt_failed,
    sample.task_retried,
    { ...sample.task_dispatched, attempt: 2 },
  ]);
  const tokens = (tokens: number, of = a) =>
    shortOf(run, { task: of, tokens, cost_micros: 0 }, { run_ms: 0, task_ms: 0 });

  test("what is left of it can be spent", () => expect(tokens(15)).toBeNull());
  test("and no more", () =>
    expect(tokens(16)).toEqual({ of: "task", limit: "tokens", most: 25, spent: 10, asked: 16, waits: false }));
  test("by another task it can", () => expect(tokens(16, task("b"))).toBeNull());
  test("what it may still use is what is left", () => {
    expect(left(run, a)).toEqual({ tokens: 15, cost_micros: null });
    const second = apply(run, { ...sample.call_reserved, attempt: 2 });
    expect(left(second, a).tokens).toBe(5);
    expect(left(second, task("b")).tokens).toBeNull();
  });
  test("what others have in flight is not taken from it", () => {
    const b = sampleOf(task("b"));
    expect(left(applyAll(run, [b.task_dispatched, b.call_reserved]), a).tokens).toBe(15);
  });
});

test("what only a call in flight keeps from being sent waits for it", () => {
  const ask = { task: a, tokens: 15, cost_micros: 0 };
  const held = apply(active({ tokens: 20 }), sample.call_reserved);
  expect(shortOf(held, ask, { run_ms: 0, task_ms: 0 })).toMatchObject({ spent: 10, waits: true });
  const more = { ...ask, tokens: 21 };
  expect(shortOf(held, more, { run_ms: 0, task_ms: 0 })).toMatchObject({ waits: false });
});

test("H5 a fraction is no evidence of money or tokens", () => {
  const usage = { input_tokens: 1, output_tokens: 1, cost_micros: 1 };
  expect(Event.safeParse({ ...sample.call_settled, usage }).success).toBe(true);
  for (const key of ["input_tokens", "cached_tokens", "output_tokens", "cost_micros"])
    expect(Event.safeParse({ ...sample.call_settled, usage: { ...usage, [key]: 0.5 } }).success).toBe(false);
  const caller = { role: "worker", model: "p/m", price: { input: 1, cached: 1, output: 1 } };
  expect(Event.safeParse({ ...sample.call_reserved, caller }).success).toBe(true);
  expect(
    Event.safeParse({ ...sample.call_reserved, caller: { ...caller, price: { ...caller.price, input: 0.5 } } }).success,
  ).toBe(false);
});
