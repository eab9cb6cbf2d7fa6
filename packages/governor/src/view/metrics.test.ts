import { describe, expect, test } from "bun:test";
import type { Event, TaskId } from "@dgov/kernel";
import { Metric, metricsOf } from "./metrics.ts";
import { BEGIN_MS, dispatched, frozen, ONE, oid, RUN, started, stored, THREE, TWO } from "./testing/sample_run.ts";

const lines = (events: readonly Event[]) => metricsOf(RUN, stored(events)).map((line) => Metric.parse(line));

/** The line of the run. */
function runIn(found: readonly Metric[]) {
  const last = found.at(-1);
  if (last?.kind !== "run") throw new Error("The last line is not the run's");
  return last;
}

const lands = (task: TaskId, attempt = 1): Event[] => [
  dispatched(task, attempt),
  frozen(task, attempt),
  { kind: "candidate_passed", task, attempt, head: oid("a"), tree: oid("b"), commit: oid("c") },
  { kind: "landing_started", task, attempt, head: oid("a"), tree: oid("b"), commit: oid("c") },
  { kind: "task_landed", task, attempt, commit: oid("c") },
];

const rejected = (task: TaskId, attempt: number): Event[] => [
  dispatched(task, attempt),
  frozen(task, attempt),
  {
    kind: "candidate_rejected",
    ...{ task, attempt, cause: "gate", gate: "tests", blame: "task" },
    findings: [{ code: "tests_failed", message: "They fail" }],
  },
];

describe("H3 a task's line", () => {
  test("of one that nothing was done for has zeros and nulls", () => {
    const [one] = lines([started()]);
    expect(one).toMatchObject({
      ...{ state: "waiting", carried: false, commit: null, tier: 0, agents: [], gates: [] },
      time: { began_at_ms: null, ended_at_ms: null, wall_ms: 0 },
      calls: { calls: 0, cost_micros: 0 },
    });
  });

  test("of one that was refused has its cause, whose doing it was, and its gates", () => {
    const judged = {
      kind: "gate_judged",
      task: ONE,
      attempt: 1,
      findings: [],
      command: null,
      exit: null,
      output: null,
    };
    const gate = (name: string, verdict: "pass" | "reject") =>
      ({ ...judged, gate: name, verdict, took_ms: 7 }) as Extract<Event, { kind: "gate_judged" }>;
    const [begins, freezes, refused] = rejected(ONE, 1) as [Event, Event, Event];
    const [one] = lines([started(), begins, freezes, gate("claims", "pass"), gate("tests", "reject"), refused]);
    expect(one).toMatchObject({
      ...{ state: "failed", cause: "gate", blame: "task", agents: ["scripted/model"] },
      attempts: { begun: 1, judged: 1, rejected: 1 },
      time: { began_at_ms: BEGIN_MS + 1000, ended_at_ms: BEGIN_MS + 5000, wall_ms: 4000 },
      gates: [
        { gate: "claims", passed: 1, rejected: 0, broken: 0, took_ms: 7 },
        { gate: "tests", passed: 0, rejected: 1, broken: 0, took_ms: 7 },
      ],
    });
  });

  test("of one that an earlier run has landed says so, and counts in no rate", () => {
    const tasks = started().tasks.map((task) => (task.id === ONE ? { ...task, carried: oid("e") } : task));
    const found = lines([started({ tasks }), ...lands(TWO)]);
    expect(found[0]).toMatchObject({ state: "landed", carried: true, commit: oid("e") });
    expect(runIn(found)).toMatchObject({ tasks: { total: 3, carried: 1, landed: 1 }, rates: { landed: 0.5 } });
  });
});

describe("H3 a run's line", () => {
  test("has rates that follow from its own figures", () => {
    const again: Event = { kind: "task_retried", task: TWO, attempt: 1, by: "policy", tier: 1, carry: false };
    const second = lands(TWO, 2).map((event) => (event.kind === "task_dispatched" ? { ...event, tier: 1 } : event));
    const policy = { retries: 1, settlement_retries: 1, tiers: 2, backoff_ms: [0] };
    const found = lines([started({ retry: policy }), ...lands(ONE), ...rejected(TWO, 1), again, ...second]);
    expect(found[1]).toMatchObject({ task: TWO, tier: 1, attempts: { begun: 2, judged: 2, rejected: 1 } });
    expect(runIn(found)).toMatchObject({
      status: "running",
      tasks: { total: 3, landed: 2, first_try: 1, escalated: 1, pending: 1 },
      attempts: { begun: 3, judged: 3, rejected: 1 },
      rates: { landed: 2 / 3, first_try: 1 / 2, escalated: 1 / 3, rejected: 1 / 3, tools_refused: null },
    });
  });

  test("a rate of nothing is null, and not 0", () => {
    expect(runIn(lines([started()])).rates).toEqual({
      ...{ landed: 0, first_try: null, escalated: 0 },
      ...{ rejected: null, tools_refused: null, tokens_cached: null },
    });
  });

  test("tells calls by role and model, and what has no price is not free", () => {
    const caller = (model: string, price: number | null) => ({
      ...{ role: "worker", model },
      price: price === null ? null : { input: price, cached: price, output: price },
    });
    const call = (n: number, by: ReturnType<typeof caller>, cost_micros: number): Event[] => [
      { kind: "call_reserved", task: ONE, attempt: 1, call: n, tokens: 90, cost_micros, caller: by },
      {
        kind: "call_settled",
        ...{ task: ONE, attempt: 1, call: n, counted_by: "provider", took_ms: 1, said: "" },
        usage: { input_tokens: 40, cached_tokens: 10, output_tokens: 2, cost_micros },
      },
    ];
    const found = lines([
      started(),
      dispatched(ONE),
      ...call(1, caller("a/dear", 5), 7),
      ...call(2, caller("a/new", null), 0),
    ]);
    expect(runIn(found)).toMatchObject({
      calls: { calls: 2, cost_micros: 7, unpriced_calls: 1 },
      by_model: [
        { model: "a/dear", calls: 1, cost_micros: 7 },
        { model: "a/new", calls: 1, cost_micros: null },
      ],
      rates: { tokens_cached: 20 / 80 },
    });
  });

  test("of one that has ended has its end, and one that is skipped is not pending", () => {
    const found = lines([
      started(),
      ...lands(ONE),
      ...rejected(TWO, 1),
      { kind: "task_skipped", task: THREE, because: TWO },
      { kind: "run_ended", status: "partial" },
    ]);
    expect(runIn(found)).toMatchObject({
      status: "partial",
      tasks: { landed: 1, failed: 1, skipped: 1, pending: 0 },
      time: { began_at_ms: BEGIN_MS, ended_at_ms: BEGIN_MS + 10_000, wall_ms: 10_000 },
    });
  });
});
