import { describe, expect, test } from "bun:test";
import { Cause, type Event, type Finding } from "@dgov/kernel";
import { diagnose } from "./diagnosis.ts";
import { BY_CAUSE, PATTERNS } from "./failure_shapes.ts";
import {
  called,
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
  toolCalled,
} from "./testing/sample_run.ts";

const FINDING: Finding = { code: "test_failed", message: "1 test failed", path: "tests/a_test.py", line: 3 };
const OWN: readonly string[] = [
  "error",
  "timeout",
  "turns",
  "stuck",
  "incomplete",
  "blocked",
  "provider",
  "budget",
  "setup",
  "lost",
  "interrupted",
];

const shapes = (events: readonly Event[], process: "alive" | "gone" | "unknown" = "alive") =>
  diagnose(stored([WHOLE, ...events]), process).map(({ name, task }) => ({ name, task }));

/** At whose end all that has landed is judged together. */
const WHOLE = started({ final: { base: oid("a") } });
const judgedHead = (letter: string, verdict: "pass" | "reject"): Event => {
  const gate = { gate: "tests", verdict, findings: verdict === "pass" ? [] : [FINDING], took_ms: 1 };
  const gates = [{ ...gate, command: null, exit: null, output: null }];
  return { kind: "head_judged", commit: oid(letter), tree: oid("b"), verdict, gates, known: [] };
};
/** One task has landed, and no other will. */
const over = (): Event[] => [
  ...[dispatched(ONE), frozen(ONE), ...landed(ONE), dispatched(TWO), fell(TWO, "blocked")],
  { kind: "task_skipped", task: THREE, because: TWO },
];

const fell = (task: typeof ONE, cause: Cause, attempt = 1): Event => ({
  kind: "attempt_failed",
  task,
  attempt,
  cause,
  detail: "",
  kept: null,
});
const refusedAt = (
  task: typeof ONE,
  gate: string,
  { cause = "gate" as Cause, attempt = 1, finding = FINDING } = {},
): Event => ({
  kind: "candidate_rejected",
  task,
  attempt,
  cause,
  gate,
  findings: [finding],
});
const blamed = (blame: "task" | "integration" | "base" | "environment"): Event[] => [
  dispatched(ONE),
  frozen(ONE),
  { kind: "candidate_rejected", task: ONE, attempt: 1, cause: "gate", gate: "tests", findings: [FINDING], blame },
];
const retried = (task: typeof ONE, attempt = 1): Event => ({
  kind: "task_retried",
  task,
  attempt,
  by: "policy",
  tier: 0,
  carry: true,
});
/** Another attempt, whose work is another tree. */
const again = (task: typeof ONE, attempt: number, tree = oid("9")): Event[] => [
  retried(task, attempt - 1),
  dispatched(task, attempt),
  { ...(frozen(task, attempt) as Event & { kind: "candidate_frozen" }), tree },
];
const refusals = (rule: string, times: number): Event[] => [
  dispatched(ONE),
  ...Array.from({ length: times }, (_, at) => toolCalled(ONE, { n: at + 1, ok: false, refused_by: rule })),
];
const stale = (task: typeof ONE, times: number): Event[] =>
  Array.from({ length: times }, () => [
    { kind: "candidate_passed" as const, task, attempt: 1, head: oid("a"), tree: oid("b"), commit: oid("d") },
    { kind: "candidate_stale" as const, task, attempt: 1, head: oid("e") },
  ]).flat();

describe("G13 each shape of failure gives its class, what to do, and what not to do", () => {
  test.each(Cause.options)("a task that ends by %s", (cause) => {
    const events = OWN.includes(cause)
      ? [dispatched(ONE), fell(ONE, cause)]
      : [dispatched(ONE), frozen(ONE), refusedAt(ONE, "tests", { cause })];
    const [one, ...others] = diagnose(stored([started(), ...events]), "alive");
    expect(others).toEqual([]);
    expect(one).toMatchObject({ ...BY_CAUSE[cause], task: ONE });
    expect(one?.evidence).toStartWith(
      OWN.includes(cause) ? "Attempt 1 ended: " : "Attempt 1 ended at tests: tests/a_test.py:3: 1",
    );
    expect(one?.next_action).not.toBe("");
    expect(one?.do_not).toMatch(/^Do not /);
  });

  /** What makes the shape, what nearly does, and the task it is about. */
  const FIXTURES: Readonly<
    Record<Exclude<keyof typeof PATTERNS, "archive_policy_drift">, [Event[], Event[], string | null]>
  > = {
    same_failure_repeated: [
      [dispatched(ONE), frozen(ONE), ...rejected(ONE), ...again(ONE, 2), ...rejected(ONE, 2)],
      [dispatched(ONE), frozen(ONE), ...rejected(ONE), ...again(ONE, 2), refusedAt(ONE, "lint", { attempt: 2 })],
      ONE,
    ],
    shared_gate_failure: [
      [dispatched(ONE), frozen(ONE), ...rejected(ONE), dispatched(TWO), frozen(TWO), ...rejected(TWO)],
      [
        dispatched(ONE),
        frozen(ONE),
        ...rejected(ONE),
        dispatched(TWO),
        frozen(TWO),
        refusedAt(TWO, "tests", { finding: { ...FINDING, message: "2" } }),
      ],
      null,
    ],
    base_already_red: [blamed("base"), blamed("task"), ONE],
    breaks_only_together: [blamed("integration"), blamed("task"), ONE],
    gate_cannot_be_asked: [blamed("environment"), blamed("task"), ONE],
    no_progress: [
      [
        dispatched(ONE),
        frozen(ONE),
        refusedAt(ONE, "lint"),
        ...again(ONE, 2, oid("b")),
        refusedAt(ONE, "tests", { attempt: 2 }),
      ],
      [dispatched(ONE), frozen(ONE), refusedAt(ONE, "lint"), ...again(ONE, 2), refusedAt(ONE, "tests", { attempt: 2 })],
      ONE,
    ],
    refusals_fought: [refusals("claim", 5), refusals("claim", 4), ONE],
    run_bash_verify_misuse: [
      refusals("tool_policy.require_wrapped_verify_tools", 5),
      refusals("tool_policy.require_wrapped_verify_tools", 4),
      ONE,
    ],
    target_moves: [
      [dispatched(ONE), frozen(ONE), ...stale(ONE, 3)],
      [dispatched(ONE), frozen(ONE), ...stale(ONE, 2)],
      ONE,
    ],
    dependency_failed: [
      [dispatched(TWO), fell(TWO, "stuck"), { kind: "task_skipped", task: THREE, because: TWO }],
      [
        ...[dispatched(TWO), fell(TWO, "stuck"), { kind: "task_skipped" as const, task: THREE, because: TWO }],
        { kind: "task_retried", task: THREE, attempt: 0, by: "user", tier: 0, carry: false },
      ],
      TWO,
    ],
    attempt_lost_again: [
      [dispatched(ONE), fell(ONE, "lost"), retried(ONE), dispatched(ONE, 2), fell(ONE, "lost", 2)],
      [dispatched(ONE), fell(ONE, "lost"), retried(ONE), dispatched(ONE, 2), fell(ONE, "interrupted", 2)],
      ONE,
    ],
    stale_run_window: [[dispatched(ONE)], [dispatched(ONE), { kind: "run_interrupted", signal: "SIGINT" }], null],
    landing_waits: [
      [
        ...[dispatched(ONE), frozen(ONE), ...landed(ONE)],
        { kind: "checkout_behind", task: ONE, attempt: 1, commit: oid("d"), cure: "git merge --ff-only" },
      ],
      [dispatched(ONE), frozen(ONE), ...landed(ONE)],
      ONE,
    ],
    red_together: [
      [
        ...[...over(), judgedHead("d", "reject"), judgedHead("a", "pass")],
        { kind: "good_head_kept", commit: oid("a"), ref: "refs/dgov/good/r", cure: "git reset" },
      ],
      [...over(), judgedHead("d", "pass")],
      ONE,
    ],
  };

  test.each(Object.entries(FIXTURES))("%s", (name, [makes, nearly, task]) => {
    const process = name === "stale_run_window" ? "gone" : "alive";
    expect(shapes(makes, process)).toContainEqual({ name, task });
    expect(shapes(nearly, process).map((one) => one.name)).not.toContain(name);
    const one = diagnose(stored([WHOLE, ...makes]), process).find((shape) => shape.name === name);
    expect(one).toMatchObject(PATTERNS[name as keyof typeof PATTERNS]);
    expect(one?.do_not).toMatch(/^Do not /);
    expect(one?.evidence).not.toBe("");
  });

  test("two failures of claims in one task are one finding", () => {
    const events = [dispatched(ONE), frozen(ONE), refusedAt(ONE, "claims", { cause: "read_scope" }), ...again(ONE, 2)];
    const twice = shapes([...events, refusedAt(ONE, "claims", { cause: "scope", attempt: 2 })]);
    expect(twice.filter(({ name }) => name === "plan_claims_violation")).toHaveLength(1);
  });

  test("a run without failures has none, nor has a task that landed at its second try", () => {
    expect(shapes([dispatched(ONE), ...called(ONE, 1), frozen(ONE), ...landed(ONE)])).toEqual([]);
    const second = [dispatched(ONE), frozen(ONE), ...rejected(ONE), ...again(ONE, 2, oid("b")), ...landed(ONE, 2)];
    expect(shapes(second)).toEqual([]);
    expect(diagnose([], "gone")).toEqual([]);
  });

  test("where the judges had refused what then ended otherwise is in the evidence", () => {
    const events = [started(), dispatched(ONE), frozen(ONE), ...rejected(ONE), retried(ONE), dispatched(ONE, 2)];
    const [one] = diagnose(stored([...events, fell(ONE, "stuck", 2)]), "alive");
    expect(one?.evidence).toEndWith("; attempt 1 had fallen at tests: tests/a_test.py:3: 1 test failed");
    const again = diagnose(stored([...events, frozen(ONE, 2), refusedAt(ONE, "lint", { attempt: 2 })]), "alive");
    expect(again.find(({ name }) => name === "gate_failure")?.evidence).not.toContain("had fallen");
    expect(again.map(({ name }) => name)).toContain("gate_failure");
  });

  test("a task that is tried again has not failed", () => {
    expect(shapes([dispatched(ONE), fell(ONE, "timeout"), retried(ONE), dispatched(ONE, 2)])).toEqual([]);
  });

  test("a run that was interrupted is no stale one while its governor lives, or is not known to be gone", () => {
    for (const process of ["alive", "unknown"] as const) expect(shapes([dispatched(ONE)], process)).toEqual([]);
  });

  test("a whole run: the end of a task first, then what it kept from beginning", () => {
    expect(diagnose(stored(PARTIAL), "alive").map(({ name, task }) => [name, task])).toEqual([
      ["worker_never_done", TWO],
      ["dependency_failed", TWO],
    ]);
  });
});
