import { describe, expect, test } from "bun:test";
import type { RunLimits } from "./plan.ts";
import { verdict } from "./run.ts";
import { affords } from "./spent.ts";
import { applyAll, lifeOf, oid, runOf, sampleOf, spec, task } from "./testing/events.ts";
import { apply } from "./transition.ts";

const a = task("a");
const sample = sampleOf(a);
const none: RunLimits = { calls: null, tokens: null, cost_micros: null, wall_ms: null };
const active = (limits: Partial<RunLimits>) =>
  apply(runOf([spec("a"), spec("b")], { limits: { ...none, ...limits } }), sample.task_dispatched);
const ask = { tokens: 10, cost_micros: 10 };

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
    expect(affords(run, { tokens: 5, cost_micros: 0 }, 0)).toBe(true);
    expect(affords(run, { tokens: 6, cost_micros: 0 }, 0)).toBe(false);
    const two = apply(run, { ...sample.call_reserved, call: 2, tokens: 0 });
    expect(affords(two, { tokens: 0, cost_micros: 0 }, 0)).toBe(false);
  });

  test("what was not used comes back, and what was used beyond it is known", () => {
    const reserved = apply(active({ tokens: 20 }), sample.call_reserved);
    const cheap = apply(reserved, {
      ...sample.call_settled,
      usage: { input_tokens: 1, output_tokens: 1, cost_micros: 0 },
    });
    expect(cheap.spent).toEqual({ calls: 1, tokens: 2, cost_micros: 0, reserved: new Map() });
    expect(affords(cheap, { tokens: 18, cost_micros: 0 }, 0)).toBe(true);
    const dear = apply(reserved, {
      ...sample.call_settled,
      usage: { input_tokens: 15, output_tokens: 15, cost_micros: 0 },
    });
    expect(affords(dear, { tokens: 0, cost_micros: 0 }, 0)).toBe(false);
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
  expect(run.spent).toEqual({ calls: 1, tokens: 10, cost_micros: 10, reserved: new Map() });
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
