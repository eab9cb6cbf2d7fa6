import { describe, expect, test } from "bun:test";
import { Cause, type Event } from "./event.ts";
import type { RetryPolicy } from "./plan.ts";
import { countsAgainst, type Retry, retry } from "./retry.ts";
import type { Task } from "./run.ts";
import { taskOf } from "./run.ts";
import { applyAll, runOf, sampleOf, spec, task } from "./testing/events.ts";
import { apply } from "./transition.ts";

const policy: RetryPolicy = { retries: 2, settlement_retries: 1, tiers: 1, backoff_ms: [0] };

/** A task that failed by this cause, the n-th time against the limit of that cause. */
function failed(cause: Cause, times: number, more: Partial<Task> = {}): Task {
  const waiting = taskOf(runOf([spec("a")]), task("a"));
  const counts = countsAgainst(waiting, cause);
  const failures = { own: counts === "own" ? times : 0, settlement: counts === "settlement" ? times : 0 };
  const why = { cause, detail: "", gate: null, findings: [] };
  return { ...waiting, state: "failed", attempt: times, failures, failed: why, ...more };
}

const GIVE_UP: Retry = { do: "give_up" };
const again = (carry: boolean): Retry => ({ do: "retry", tier: 0, carry, after_ms: 0 });

// What a cause allows, said once more and by hand: how many further attempts, and whether the work is carried on.
// biome-ignore format: a table reads by its columns
const WANTED: { [C in Cause]: [further: number, carry: boolean] } = {
  error: [2, false],        timeout: [2, true],       turns: [2, true],         incomplete: [2, true],
  provider: [2, true],      setup: [0, false],        stuck: [0, false],        blocked: [0, false],
  cancelled: [0, true],     budget: [0, false],       lost: [Infinity, true],   interrupted: [Infinity, true],
  scope: [0, false],        path_policy: [0, false],  reserved_path: [0, false], broken: [0, false],
  diff_size: [1, true],     read_scope: [1, false],   empty_diff: [1, false],   gate: [1, true],
  symbol_scope: [1, true],
  semantic: [1, true],      review: [1, true],        text_conflict: [1, false],
  unwatched: [1, false],
};

describe("C10 every cause, at its limit and past it", () => {
  for (const cause of Cause.options) {
    const [further, carry] = WANTED[cause];
    for (const times of [1, 2, 3, 50])
      test(`${cause}, failure ${times} -> ${times <= further ? "retry" : "give up"}`, () => {
        expect(retry(failed(cause, times), policy)).toEqual(times <= further ? again(carry) : GIVE_UP);
      });
  }
});

describe("C18 an attempt that had no turns left", () => {
  const { attempt_failed, task_dispatched } = sampleOf(task("a"));
  const exhausted: Event[] = [task_dispatched, { ...attempt_failed, cause: "turns" }];
  /** Does what the policy says, as long as each attempt runs out of turns. @returns of each further one whether it went on */
  function follow(forks: number | undefined): boolean[] {
    const goesOn: boolean[] = [];
    let run = applyAll(runOf([spec("a", [], forks === undefined ? {} : { forks })], { retry: policy }), exhausted);
    for (;;) {
      const own = taskOf(run, task("a"));
      const decided = retry(own, policy);
      if (decided.do === "give_up") return goesOn;
      const { tier, carry } = decided;
      goesOn.push(carry);
      const { attempt } = own;
      run = apply(run, { kind: "task_retried", task: own.id, attempt, by: "policy", tier, carry });
      run = applyAll(
        run,
        exhausted.map((event) => ({ ...event, attempt: attempt + 1 }) as Event),
      );
    }
  }

  test.each<[number | undefined, boolean[]]>([
    [0, [false, false]],
    [1, [true, false, true, false, true]],
    [2, [true, true, false, true, true, false, true, true]],
    [undefined, [true, true]], // in logs from before there was a bound
  ])("is gone on with as deep as its bound (%p), then begun afresh, as often as it may", (forks, expected) => {
    expect(follow(forks)).toEqual(expected);
  });

  test("has its whole depth again when a person has asked for more", () => {
    const run = applyAll(runOf([spec("a", [], { forks: 1 })]), exhausted);
    const again = apply(run, { kind: "task_retried", task: task("a"), attempt: 1, by: "user", tier: 0, carry: true });
    expect(taskOf(again, task("a")).forks).toEqual({ used: 0, most: 1 });
  });
});

test("no retries means one attempt", () => {
  const none = { ...policy, retries: 0, settlement_retries: 0 };
  expect(retry(failed("error", 1), none)).toEqual(GIVE_UP);
  expect(retry(failed("gate", 1), none)).toEqual(GIVE_UP);
  expect(retry(failed("lost", 1), none)).toEqual(again(true));
});

test("a task that has not failed is not retried", () => {
  expect(retry(taskOf(runOf([spec("a")]), task("a")), policy)).toEqual(GIVE_UP);
});

test.each([
  [1, 100],
  [2, 500],
  [3, 500],
])("back-off after provider failure %i is %i ms, and is data", (times, after_ms) => {
  const patient = { ...policy, retries: 5, backoff_ms: [100, 500] };
  expect(retry(failed("provider", times), patient)).toMatchObject({ do: "retry", after_ms });
  expect(retry(failed("error", times), patient)).toMatchObject({ do: "retry", after_ms: 0 });
});

describe("C12 the ladder", () => {
  const ladder = { ...policy, retries: 1, settlement_retries: 1, tiers: 3 };
  test.each<[cause: Cause, failure: number, tier: number, want: number | null]>([
    ["gate", 1, 0, 0],
    ["gate", 2, 0, 1],
    ["gate", 1, 1, 2], // failures are counted on each rung
    ["gate", 1, 2, null],
    ["error", 1, 1, 2],
    ["provider", 1, 1, 1],
    ["provider", 2, 1, 2],
    ["provider", 2, 2, null],
  ])("%s, failure %i on rung %i goes to %p", (cause, times, tier, want) => {
    const decided = retry(failed(cause, times, { tier }), ladder);
    if (want === null) expect(decided).toEqual(GIVE_UP);
    else expect(decided).toMatchObject({ do: "retry", tier: want });
  });
  test("an agent that is stuck is not asked again, and the next one is", () => {
    expect(retry(failed("stuck", 1), ladder)).toMatchObject({ do: "retry", tier: 1, carry: true });
    expect(retry(failed("stuck", 1, { tier: 2 }), ladder)).toEqual(GIVE_UP);
  });
  test("is not climbed by a cause that gives up, nor by one that costs nothing", () => {
    for (const cause of ["blocked", "scope", "broken", "budget"] as const)
      expect(retry(failed(cause, 1), ladder)).toEqual(GIVE_UP);
    expect(retry(failed("lost", 9, { tier: 1 }), ladder)).toMatchObject({ do: "retry", tier: 1 });
  });
  test("who climbs does not wait: the next agent has refused nobody yet", () => {
    const patient = { ...ladder, backoff_ms: [500] };
    expect(retry(failed("provider", 1), patient)).toMatchObject({ tier: 0, after_ms: 500 });
    expect(retry(failed("provider", 2), patient)).toMatchObject({ tier: 1, after_ms: 0 });
  });
});
