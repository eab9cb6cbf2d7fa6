import { describe, expect, test } from "bun:test";
import { AssertionError } from "node:assert";
import { type Cause, type Event, type EventKind, Event as EventSchema } from "./event.ts";
import { type Role, RunId } from "./plan.ts";
import { type Failures, type Run, taskOf } from "./run.ts";
import { applyAll, lifeOf, oid, runOf, sampleOf, spec, startedWith, task } from "./testing/events.ts";
import { apply, next, type TaskState, TRANSITIONS } from "./transition.ts";

const [a, b, z] = [task("a"), task("b"), task("z")];
const sample = sampleOf(a);

const STATES = [
  "waiting",
  "active",
  "judging",
  "ready",
  "landing",
  "landed",
  "failed",
  "skipped",
] as const satisfies TaskState[];

const MOVES = [
  "task_dispatched",
  "attempt_failed",
  "report_filed",
  "candidate_frozen",
  "candidate_passed",
  "candidate_rejected",
  "candidate_stale",
  "landing_started",
  "landing_refused",
  "task_landed",
  "task_retried",
  "task_skipped",
  "task_cancelled",
] as const satisfies EventKind[];

/** What takes a task away that everything else has let through: a person. */
const BY_PERSON = {
  candidate_rejected: { ...sample.candidate_rejected, cause: "review", gate: "approval" },
  attempt_failed: { ...sample.attempt_failed, cause: "cancelled" },
} as const satisfies Partial<Record<EventKind, Event>>;

/** The event of a kind as it may come to a task in a state. */
function fittingIn(state: TaskState, kind: (typeof MOVES)[number], attempt: number): Event {
  if (kind === "task_retried" || kind === "task_cancelled") return { ...sample[kind], attempt };
  if (state === "ready" && (kind === "candidate_rejected" || kind === "attempt_failed")) return BY_PERSON[kind];
  return sampleOf(a, z)[kind];
}

/** `a` comes after `z`, which has landed, or has failed where `a` is to be skipped. */
function at(state: TaskState, zFails = state === "skipped", role: Role = "worker"): Run {
  const run = runOf([spec("z"), spec("a", ["z"], { role })]);
  const steps = { waiting: 0, active: 1, judging: 2, ready: 3, landing: 4, landed: 5, failed: 1, skipped: 0 };
  const before = zFails ? [sampleOf(z).task_dispatched, sampleOf(z).attempt_failed] : lifeOf(z);
  const last = { failed: [sample.attempt_failed], skipped: [sampleOf(a, z).task_skipped] };
  return applyAll(run, [
    ...before,
    ...lifeOf(a).slice(0, steps[state]),
    ...(state === "failed" || state === "skipped" ? last[state] : []),
  ]);
}

describe("every cell of the table", () => {
  for (const state of STATES)
    for (const kind of MOVES) {
      const cells: Partial<Record<EventKind, TaskState>> = TRANSITIONS[state];
      const want = cells[kind];
      test(`${state} + ${kind} -> ${want ?? "refused"}`, () => {
        const zFails = state === "skipped" || (state === "waiting" && kind === "task_skipped");
        const run = at(state, zFails, kind === "report_filed" && state === "active" ? "researcher" : "worker");
        const attempt = taskOf(run, a).attempt;
        const fitting = fittingIn(state, kind, attempt);
        const before = structuredClone(run);
        if (want) expect(taskOf(apply(run, fitting), a).state).toBe(want);
        else expect(() => apply(run, fitting)).toThrow("Illegal event");
        expect(run).toEqual(before); // a run is a value
      });
    }
});

test("the table has every state, and names every event that names a task and moves it, and no other", () => {
  const moving = new Set(Object.values(TRANSITIONS).flatMap((cells) => Object.keys(cells)));
  expect([...moving].sort()).toEqual([...MOVES].sort());
  expect(Object.keys(TRANSITIONS).sort()).toEqual([...STATES].sort());
});

test("the sample of every kind passes the schema, which refuses an unknown key and kind", () => {
  const kinds = EventSchema.options.map((option) => option.shape.kind.value).sort();
  expect(Object.keys(sample).sort()).toEqual(kinds);
  for (const event of Object.values(sample)) {
    expect(EventSchema.parse(event)).toEqual(event);
    expect(EventSchema.safeParse({ ...event, surplus: 1 }).success).toBe(false);
  }
  expect(EventSchema.safeParse({ kind: "task_finished", task: a }).success).toBe(false);
});

const refused: [name: string, run: Run, event: Event, why: string][] = [
  ["the second start of a run", at("waiting"), sample.run_started, "has started"],
  ["a task that the run has not", at("waiting"), sampleOf(task("ghost")).task_dispatched, "No task"],
  ["the same attempt again", at("active"), sample.task_dispatched, "Illegal event"],
  ["an attempt too far on", at("waiting"), { ...sample.task_dispatched, attempt: 2 }, "count up by one"],
  ["the end of another attempt", at("active"), { ...sample.attempt_failed, attempt: 2 }, "current one"],
  ["a verdict for another attempt", at("judging"), { ...sample.candidate_passed, attempt: 2 }, "current one"],
  ["a dispatch before its dependency", runOf([spec("z"), spec("a", ["z"])]), sample.task_dispatched, "not landed"],
  ["a dispatch after a failed dependency", at("waiting", true), sample.task_dispatched, "not landed"],
  ["a skip for a task it does not wait for", at("waiting", true), sample.task_skipped, "does not wait"],
  ["a skip while the dependency is well", at("waiting"), sampleOf(a, z).task_skipped, 'is "landed"'],
  ["a candidate of a reviewer", at("active", false, "reviewer"), sample.candidate_frozen, "role"],
  ["a report of a worker", at("active"), sample.report_filed, "role"],
  ["a landing of another tree", at("ready"), { ...sample.landing_started, tree: oid("9") }, "only what was judged"],
  ["a landing on another head", at("ready"), { ...sample.landing_started, head: oid("9") }, "only what was judged"],
  ["a landing of another commit", at("landing"), { ...sample.task_landed, commit: oid("9") }, "another commit"],
  ["an end with open tasks", at("active"), sample.run_ended, "not over"],
  ["an end with the wrong status", at("landed"), { ...sample.run_ended, status: "partial" }, "status"],
  ["a tool call of an attempt to come", at("waiting"), sample.tool_called, "has not begun"],
  ["a verdict of an attempt to come", at("active"), { ...sample.gate_judged, attempt: 2 }, "has not begun"],
  ["a call for a task that waits", at("waiting"), sample.call_reserved, '"waiting"'],
  ["a call for an earlier attempt", at("active"), { ...sample.call_reserved, attempt: 2 }, "current one"],
  ["an answer without a call", at("active"), sample.call_settled, "not reserved"],
  ["one call twice", apply(at("active"), sample.call_reserved), sample.call_reserved, "it is reserved"],
  ["words to a finding of no attempt", at("waiting"), sample.finding_answered, "has not begun"],
];
test.each(refused)("refused: %s", (_name, run, event, why) => {
  expect(() => apply(run, event)).toThrow(AssertionError);
  expect(() => apply(run, event)).toThrow(why);
});

test("words to a finding are heard in any state, also of an earlier run, and move nothing", () => {
  const earlier = { ...sample.finding_answered, run: RunId.parse("r0"), attempt: 9 };
  for (const state of ["failed", "ready", "active"] as const)
    expect(apply(at(state), sample.finding_answered)).toEqual(at(state));
  expect(apply(at("waiting"), earlier)).toEqual(at("waiting"));
});

/** `a` has passed everything, and a person is to approve it. */
const unapproved = (): Run => applyAll(runOf([spec("a", [], { approval: true })]), lifeOf(a).slice(0, 3));

test.each<[name: string, run: Run, event: Event, why: string]>([
  ["a landing that nobody has approved", unapproved(), sample.landing_started, "has not approved"],
  ["an approval of another tree", unapproved(), { ...sample.approval_answered, tree: oid("9") }, "another tree"],
  ["an approval of another attempt", unapproved(), { ...sample.approval_answered, attempt: 2 }, "current one"],
  ["a second approval", apply(unapproved(), sample.approval_answered), sample.approval_answered, "nobody's approval"],
  ["an approval that nobody asks for", at("ready"), sample.approval_answered, "nobody's approval"],
  ["a gate's no after it has passed", at("ready"), sample.candidate_rejected, "it has passed"],
  ["a failure after it has passed", at("ready"), sample.attempt_failed, "it has passed"],
])("refused: %s", (_name, run, event, why) => {
  expect(() => apply(run, event)).toThrow(AssertionError);
  expect(() => apply(run, event)).toThrow(why);
});

test("F6 what a person must approve lands when they have, and that holds on another head, and for no other attempt", () => {
  expect(next(unapproved())).toEqual([]);
  const approved = apply(unapproved(), sample.approval_answered);
  expect(next(approved)).toMatchObject([{ do: "land", task: a }]);
  const elsewhere = applyAll(approved, [sample.candidate_stale, { ...sample.candidate_passed, head: oid("4") }]);
  expect(next(elsewhere)).toMatchObject([{ do: "land", task: a }]);
  const second = [
    ...[sample.candidate_stale, sample.candidate_rejected, sample.task_retried],
    ...lifeOf(a)
      .slice(0, 3)
      .map((event): Event => ({ ...event, attempt: 2 })),
  ];
  expect(next(applyAll(approved, second))).toEqual([]);
});

test("a task that waits for a person holds up nobody, however often it was overtaken", () => {
  const run = applyAll(runOf([spec("a", [], { approval: true }), spec("b")]), [
    ...lifeOf(a).slice(0, 3),
    ...[sample.candidate_stale, sample.candidate_passed, sample.candidate_stale, sample.candidate_passed],
    ...lifeOf(b).slice(0, 3),
  ]);
  expect(next(run)).toMatchObject([{ do: "land", task: b }]);
});

test("two landings at once are refused", () => {
  const run = applyAll(runOf([spec("a"), spec("b")]), [...lifeOf(a).slice(0, 4), ...lifeOf(b).slice(0, 3)]);
  expect(() => apply(run, sampleOf(b).landing_started)).toThrow("another landing");
});

test("D13 a candidate must be judged again when the head has moved, before it may land", () => {
  for (const moved of [applyAll(at("ready"), [sample.candidate_stale]), apply(at("landing"), sample.landing_refused)]) {
    expect(taskOf(moved, a)).toMatchObject({ state: "judging", stale: 1, work: { integrated: null } });
    expect(() => apply(moved, sample.landing_started)).toThrow("Illegal event");
  }
});

describe("an interrupted run", () => {
  test.each(["task_dispatched", "landing_started", "call_reserved"] as const)("begins no %s", (kind) => {
    const from = { task_dispatched: "waiting", landing_started: "ready", call_reserved: "active" } as const;
    const run = apply(at(from[kind]), sample.run_interrupted);
    expect(() => apply(run, sample[kind])).toThrow("interrupted");
    expect(() => apply(apply(run, sample.run_resumed), sample[kind])).not.toThrow();
  });
  test("brings to its end what is under way", () => {
    const stop = (state: TaskState) => apply(at(state), sample.run_interrupted);
    expect(taskOf(apply(stop("active"), { ...sample.attempt_failed, cause: "interrupted" }), a).state).toBe("failed");
    expect(taskOf(apply(stop("landing"), sample.task_landed), a).state).toBe("landed");
    expect(taskOf(apply(stop("judging"), sample.candidate_passed), a).state).toBe("ready");
  });
  test("cannot be interrupted again, nor end", () => {
    const run = apply(at("landed"), sample.run_interrupted);
    expect(() => apply(run, sample.run_interrupted)).toThrow("Illegal event");
    expect(() => apply(run, { kind: "run_ended", status: "complete" })).toThrow("Illegal event");
  });
});

test("an ended run takes no event that would change it", () => {
  const run = apply(at("landed"), { kind: "run_ended", status: "complete" });
  expect(run).toMatchObject({ state: "ended", status: "complete" });
  const telling: EventKind[] = [
    ...(["sandbox_chosen", "tests_frozen", "task_routed", "tool_called", "gate_judged", "checkout_behind"] as const),
    ...(["integration_risk_scored", "merged_by_symbol", "symbols_touched", "ledger_recalled"] as const),
    ...(["agent_started", "agent_ended", "checks_stated", "answer_given", "tests_watched"] as const),
  ];
  for (const event of Object.values(sample))
    if (telling.includes(event.kind)) expect(apply(run, event)).toEqual(run);
    else expect(() => apply(run, event)).toThrow(AssertionError);
});

test("a failed attempt keeps its cause, its findings and its work for the next", () => {
  const finding = { code: "signature_drift", message: "f takes two", path: "a.py", line: 3 };
  const rejected = apply(at("judging"), { ...sample.candidate_rejected, findings: [finding] });
  expect(taskOf(rejected, a)).toMatchObject({
    failed: { cause: "gate", gate: "lint", findings: [finding] },
    failures: { own: 0, settlement: 1 },
    work: { kept: oid("1") },
  });
  const again = applyAll(rejected, [{ ...sample.task_retried, carry: true }]);
  expect(taskOf(again, a)).toMatchObject({ state: "waiting", carry: true, failed: { findings: [finding] } });
  const kept = apply(at("active"), { ...sample.attempt_failed, kept: oid("7") });
  expect(taskOf(kept, a).work?.kept).toBe(oid("7"));
});

test.each<[Cause, Failures]>([
  ["error", { own: 1, settlement: 0 }],
  ["gate", { own: 0, settlement: 1 }],
  ["lost", { own: 0, settlement: 0 }],
  ["stuck", { own: 0, settlement: 0 }],
])("a failure by %s adds to its own limit, or to none", (cause, failures) => {
  expect(taskOf(apply(at("active"), { ...sample.attempt_failed, cause }), a).failures).toEqual(failures);
});

test("the user's retry begins the counting anew, and so does another rung; the policy's does not", () => {
  const failed = at("failed");
  expect(taskOf(apply(failed, sample.task_retried), a).failures.own).toBe(1);
  expect(taskOf(apply(failed, { ...sample.task_retried, by: "user" }), a).failures.own).toBe(0);
  expect(taskOf(apply(failed, { ...sample.task_retried, tier: 1 }), a).failures.own).toBe(0);
});

test.each([
  ["an id twice", [spec("a"), spec("a")], "one id"],
  ["an unknown dependency", [spec("a", ["ghost"])], "is no task"],
  ["a cycle", [spec("a", ["b"]), spec("b", ["a"]), spec("z")], "wait for each other"],
  ["itself", [spec("a", ["a"])], "wait for each other"],
])("no run begins with %s", (_name, tasks, why) => {
  expect(() => runOf(tasks)).toThrow(why);
});

test("what an earlier run landed begins as landed", () => {
  const run = runOf([spec("z", [], { carried: oid("5") }), spec("a", ["z"])]);
  expect(taskOf(run, z)).toMatchObject({ state: "landed", attempt: 0, work: { landed: oid("5") } });
  expect(() => apply(run, sample.task_dispatched)).not.toThrow();
  expect(startedWith([spec("a")]).tasks).toHaveLength(1);
});
