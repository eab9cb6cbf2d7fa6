import { expect, test } from "bun:test";
import type { Event } from "@dgov/kernel";
import { reviewUnits, type UnitReview } from "./plan_review.ts";
import {
  dispatched,
  frozen,
  landed,
  ONE,
  oid,
  PARTIAL,
  rejected,
  started,
  stored,
  THREE,
  TWO,
} from "./testing/sample_run.ts";

const PLAN = {
  name: "p",
  tasks: [ONE, TWO, THREE].map((id) => ({ id, summary: `sum of ${id}`, role: "worker" as const, landed: null })),
};

const nothing = () => false;

test("what landed, why not, and what it cost", () => {
  const { run, units } = reviewUnits(PLAN, stored(PARTIAL), (unit) => unit === ONE);
  expect(run?.status).toBe("partial");
  const [one, two, three] = units;
  expect(one).toEqual({
    unit: ONE,
    summary: `sum of ${ONE}`,
    status: "deployed",
    attempts: 1,
    settlement: "ok",
    reject_verdict: null,
    gate: null,
    error: null,
    findings: [],
    hint: null,
    phase_timings: [{ phase: "scope", duration_s: 0.04, status: "passed", level: null, error: "" }],
    output: null,
    agent: "model",
    duration_s: 10,
    calls: 1,
    tool_calls: 2,
    refused_calls: 1,
    self_corrections: 1,
    prompt_tokens: 90,
    completion_tokens: 10,
    cost_micros: 2500,
    currency: "USD",
    commit_sha: oid("d"),
    reported: false,
    kept_sha: oid("c"),
    done_summary: `did ${ONE}`,
    watched: null,
    stated: [],
    rejections: [],
    risk: null,
    activity: one!.activity,
  });
  expect(one!.activity.map(({ text }) => text)).toContain("write_file was refused (claim): not claimed");
  expect(two).toMatchObject({
    status: "failed",
    attempts: 2,
    reject_verdict: "stuck",
    gate: null,
    error: "The worker stopped using tools and never said done",
    settlement: "n/a",
    kept_sha: oid("e"),
    rejections: [{ attempt: 1, gate: "tests", reason: "tests/a_test.py:3: 1 test failed" }],
    activity: [],
  });
  expect(two!.hint).toContain("prompt");
  expect(three).toMatchObject({ status: "skipped", attempts: 0, duration_s: 0 });
});

const RETRY: Event = { kind: "task_retried", task: ONE, attempt: 1, by: "policy", tier: 0, carry: true };
const refused = [started(), dispatched(ONE), frozen(ONE), ...rejected(ONE)];

test.each<[name: string, events: Event[], want: Partial<UnitReview>]>([
  ["never run", [], { status: "not_run", settlement: "n/a" }],
  ["not begun", [started()], { status: "not_run", attempts: 0 }],
  ["at work", [started(), dispatched(ONE)], { status: "active", attempts: 1, agent: "model" }],
  [
    "refused",
    refused,
    {
      status: "failed",
      settlement: "rejected",
      reject_verdict: "gate",
      gate: "tests",
      error: "tests/a_test.py:3: 1 test failed",
      output: { command: "pytest -q", exit: 1, head: "F", tail: "", omitted_bytes: 0, log: null },
    },
  ],
  ["waiting for its second try", [...refused, RETRY], { status: "active", attempts: 1 }],
  [
    "landed at the first try of another agent",
    [...refused, { ...RETRY, tier: 1 }, dispatched(ONE, 2), frozen(ONE, 2), ...landed(ONE, 2)],
    { status: "deployed", settlement: "ok_retried", attempts: 2 },
  ],
  [
    "landed at the second try",
    [...refused, RETRY, dispatched(ONE, 2), frozen(ONE, 2), ...landed(ONE, 2)],
    {
      status: "deployed",
      settlement: "ok_retried",
      attempts: 2,
      output: null,
      phase_timings: [expect.objectContaining({ phase: "scope" })],
    },
  ],
])("a unit that is %s", (_name, events, want) => {
  expect(reviewUnits(PLAN, stored(events), nothing).units[0]).toMatchObject(want);
});

test("a unit that landed in an earlier run counts only while the last run does not say otherwise", () => {
  const before = { ...PLAN, tasks: PLAN.tasks.map((task) => ({ ...task, landed: oid("9") })) };
  expect(reviewUnits(before, [], nothing).units[0]).toMatchObject({ status: "deployed", commit_sha: oid("9") });
  expect(reviewUnits(before, stored(refused), nothing).units[0]).toMatchObject({ status: "failed", commit_sha: null });
});

test("a report is told apart from a change, whoever's commit it is about", () => {
  const report: Event = { kind: "report_filed", task: ONE, attempt: 1, base: oid("a"), summary: "all is well" };
  const role = "researcher" as const;
  const plan = { ...PLAN, tasks: [{ id: ONE, summary: "", role, landed: null }] };
  const begun = started({ tasks: [{ id: ONE, after: [], role, unit: ONE, carried: null }] });
  expect(reviewUnits(plan, stored([begun, dispatched(ONE), report]), nothing).units[0]).toMatchObject({
    status: "deployed",
    reported: true,
    commit_sha: oid("a"),
    done_summary: "all is well",
  });
});
