import { expect, test } from "bun:test";
import type { Event, EventOf, TaskId } from "@dgov/kernel";
import { driftOf, type Sample, samplesIn } from "./drift.ts";
import { ONE } from "./testing/sample_run.ts";

const asked = { window: 20, min: 10 };

/** `well` of `all` attempts that come out well, spread evenly, from this time on. */
const many = (well: number, all: number, more: Partial<Sample> = {}): Sample[] =>
  Array.from({ length: all }, (_, at) => ({
    ...{ model: "p/m", task_kind: "worker:py", prompt: "a", served: null, at_ms: at },
    well: Math.floor(((at + 1) * well) / all) > Math.floor((at * well) / all),
    ...more,
  }));
const later = (samples: Sample[], by_ms: number) => samples.map((one) => ({ ...one, at_ms: one.at_ms + by_ms }));
const verdicts = (samples: readonly Sample[]) =>
  driftOf(samples, asked).comparisons.map(({ of, verdict, before, since }) => [of, verdict, before.well, since.well]);

test("H7 a prompt since which fewer attempts come out well is flagged", () => {
  const after = later(many(3, 15, { prompt: "b" }), 1000);
  expect(verdicts([...many(14, 15), ...after])).toEqual([["prompt", "diverged", 14, 3]]);
  expect(driftOf([...many(14, 15), ...after], asked).comparisons[0]).toMatchObject({ from: "a", to: "b" });
});

test("H7 another model behind the same name, and time alone, are flagged as well", () => {
  const other = later(many(2, 15, { served: "m@fp2" }), 1000);
  expect(verdicts([...many(14, 15, { served: "m@fp1" }), ...other])).toEqual([["served", "diverged", 14, 2]]);
  expect(verdicts([...many(38, 40), ...later(many(6, 20), 1000)])).toEqual([["time", "diverged", 38, 6]]);
});

test("H7 what chance may do is steady", () => {
  expect(verdicts([...many(12, 15), ...later(many(9, 15, { prompt: "b" }), 1000)])).toEqual([
    ["prompt", "steady", 12, 9],
  ]);
  expect(verdicts([...many(32, 40), ...later(many(15, 20), 1000)])).toEqual([["time", "steady", 32, 15]]);
});

test("H7 of too few attempts nothing is said, however they differ", () => {
  expect(verdicts([...many(9, 9), ...later(many(0, 30, { prompt: "b" }), 1000)])).toEqual([
    ["prompt", "too_few", 9, 0],
    ["time", "steady", 0, 0],
  ]);
  const { p } = driftOf([...many(9, 9), ...later(many(0, 30, { prompt: "b" }), 1000)], asked).comparisons[0]!;
  expect(p).toBeNull();
  expect(verdicts(many(5, 20))).toEqual([]);
});

test("H7 kinds of tasks and models are never mixed, and many comparisons flag none by their number", () => {
  const apart = [
    ...many(15, 15),
    ...later(many(0, 15, { task_kind: "worker:ts" }), 1000),
    ...many(0, 15, { model: "p/n" }),
  ];
  expect(verdicts(apart)).toEqual([]);
  // Of one comparison 15/15 and 9/15 are p = 0.017, and 8/15 are 0.006: below a hundredth, and above its fifth.
  const pair = (model: string) => [...many(15, 15, { model }), ...later(many(8, 15, { model, prompt: "b" }), 1000)];
  expect(driftOf(pair("p/1"), asked).comparisons.map(({ verdict }) => verdict)).toEqual(["diverged"]);
  const five = ["p/1", "p/2", "p/3", "p/4", "p/5"].flatMap(pair);
  expect(new Set(driftOf(five, asked).comparisons.map(({ verdict }) => verdict))).toEqual(new Set(["steady"]));
});

test("H7 series are told by model, kind, prompt and what answered, with their intervals", () => {
  const [first, ...others] = driftOf([...many(8, 10), ...later(many(1, 5, { served: "x" }), 99)], asked).series;
  expect(first).toMatchObject({ served: null, attempts: 10, well: 8, rate: 0.8, first_at_ms: 0, last_at_ms: 9 });
  expect(first?.low).toBeCloseTo(0.4902, 4);
  expect(first?.high).toBeCloseTo(0.9433, 4);
  expect(others).toMatchObject([{ served: "x", attempts: 5 }]);
});

const task: TaskId = ONE;
const at = { task, attempt: 1 };
const oid = "0".repeat(40);
const dispatched = (more: Partial<EventOf<"task_dispatched">> = {}): Event => ({
  ...{ kind: "task_dispatched", ...at, base: oid, provider: "p", agent: "m", tier: 0, carried_from: null },
  ...{ briefing: { task_kind: "worker:py", prompt: "a" }, ...more },
});
const told = (...events: Event[]) => samplesIn(events.map((event, at_ms) => ({ event, at_ms })));
const landed: Event = { kind: "task_landed", ...at, commit: oid };
const failed = (cause: EventOf<"attempt_failed">["cause"]): Event => ({
  ...{ kind: "attempt_failed", ...at, cause, detail: "", kept: null },
});
const rejected = (blame?: EventOf<"candidate_rejected">["blame"]): Event => ({
  ...{ kind: "candidate_rejected", ...at, cause: "gate", gate: "tests", findings: [], ...(blame ? { blame } : {}) },
});

test.each<[string, Event, Partial<ReturnType<typeof told>> & { well?: boolean }]>([
  ["landed", landed, { well: true }],
  ["out of turns", failed("turns"), { well: false }],
  ["refused by a gate", rejected("task"), { well: false }],
  ["refused where the base is red", rejected("base"), { uncounted: 1 }],
  ["not reached", failed("provider"), { uncounted: 1 }],
  ["stopped by the user", failed("interrupted"), { uncounted: 1 }],
])("H7 an attempt that was %s", (_name, end, { well, uncounted = 0 }) => {
  const found = told(dispatched(), end);
  expect(found.samples.map((sample) => sample.well)).toEqual(well === undefined ? [] : [well]);
  expect(found).toMatchObject({ uncounted, untold: 0 });
});

test("H7 what is from before it was told, and what a fork has copied, is no sample", () => {
  const { briefing: _, ...old } = dispatched() as EventOf<"task_dispatched">;
  expect(told(old, landed)).toEqual({ samples: [], uncounted: 0, untold: 1 });
  const fork: Event = { kind: "run_forked", from: "r0" as never, at: 2, head: oid };
  expect(told(dispatched(), landed, fork)).toEqual({ samples: [], uncounted: 0, untold: 0 });
});
