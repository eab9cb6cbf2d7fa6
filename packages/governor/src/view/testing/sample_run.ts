import { type Event, type EventOf, RunId, type Stored, TaskId } from "@dgov/kernel";

/** Object ids that a reader of a test can tell apart. */
export const oid = (letter: string): string => letter.repeat(40);
export const RUN = RunId.parse("r20261121T050826-1f3a");
export const [ONE, TWO, THREE] = ["core/a.one", "core/a.two", "core/b.three"].map((id) => TaskId.parse(id)) as [
  TaskId,
  TaskId,
  TaskId,
];
/** When the first event of a sample happens; every further one is a second later. */
export const BEGIN_MS = 1_763_700_000_000;

export type Sample = Pick<Stored, "seq" | "run" | "at_ms" | "event">;

/** Events as the log would give them. */
export const stored = (events: readonly Event[]): Sample[] =>
  events.map((event, at) => ({ seq: at + 1, run: RUN, at_ms: BEGIN_MS + at * 1000, event }));

/** `three` waits for `two`. */
export function started(changes: Partial<EventOf<"run_started">> = {}): EventOf<"run_started"> {
  const task = (id: TaskId, after: TaskId[] = []) => ({ id, after, role: "worker" as const, unit: id, carried: null });
  return {
    kind: "run_started",
    plan: "p",
    plan_dir: ".dgov/plans/p",
    plan_hash: "",
    config_hash: "",
    target: "refs/heads/main",
    head: oid("a"),
    source: "manual",
    only: [],
    jobs: 2,
    tasks: [task(ONE), task(TWO), task(THREE, [TWO])],
    retry: { retries: 1, settlement_retries: 1, tiers: 1, backoff_ms: [0] },
    limits: { calls: null, tokens: null, cost_micros: null, wall_ms: null },
    ...changes,
  };
}

export const dispatched = (task: TaskId, attempt = 1): Event => ({
  kind: "task_dispatched",
  task,
  attempt,
  base: oid("a"),
  provider: "scripted",
  agent: "model",
  tier: 0,
  carried_from: attempt > 1 ? oid("f") : null,
});

export const frozen = (task: TaskId, attempt = 1): Event => ({
  kind: "candidate_frozen",
  task,
  attempt,
  base: oid("a"),
  tree: oid("b"),
  commit: oid("c"),
  summary: `did ${task}`,
});

/** From a passed candidate to its landing. */
export function landed(task: TaskId, attempt = 1): Event[] {
  const at = { task, attempt, head: oid("a"), tree: oid("b"), commit: oid("d") };
  return [
    gate(task, "scope", attempt),
    { kind: "candidate_passed", ...at },
    { kind: "landing_started", ...at },
    { kind: "task_landed", task, attempt, commit: oid("d") },
  ];
}

export const gate = (task: TaskId, name: string, attempt = 1): Event => ({
  kind: "gate_judged",
  task,
  attempt,
  gate: name,
  verdict: "pass",
  findings: [],
  took_ms: 40,
  command: null,
  exit: null,
  output: null,
});

const FINDING = { code: "test_failed", message: "1 test failed", path: "tests/a_test.py", line: 3 };

/** A candidate that falls at the tests. */
export const rejected = (task: TaskId, attempt = 1): Event[] => [
  {
    kind: "gate_judged",
    task,
    attempt,
    gate: "tests",
    verdict: "reject",
    findings: [FINDING],
    took_ms: 400,
    command: "pytest -q",
    exit: 1,
    output: { head: "F", tail: "", omitted_bytes: 0, log: null },
  },
  { kind: "candidate_rejected", task, attempt, cause: "gate", gate: "tests", findings: [FINDING] },
];

export const toolCalled = (task: TaskId, changes: Partial<EventOf<"tool_called">> = {}): Event => ({
  kind: "tool_called",
  task,
  attempt: 1,
  n: 1,
  tool: "read_file",
  input: '{"path":"src/a.ts"}',
  ok: true,
  refused_by: null,
  touched: [],
  text: "text",
  took_ms: 2,
  ...changes,
});

/** One call of the model, reserved and settled. */
export function called(task: TaskId, call: number, said = ""): Event[] {
  const usage = { input_tokens: 90, output_tokens: 10, cost_micros: 2500 };
  return [
    { kind: "call_reserved", task, attempt: 1, call, tokens: 200, cost_micros: 5000 },
    { kind: "call_settled", task, attempt: 1, call, usage, took_ms: 3, said },
  ];
}

/** `one` lands, `two` falls at the tests and then gets stuck, so `three` is skipped. */
export const PARTIAL: readonly Event[] = [
  started(),
  { kind: "sandbox_chosen", level: "landlock", detail: "ABI 7" },
  dispatched(ONE),
  dispatched(TWO),
  ...called(ONE, 1, "I will read"),
  toolCalled(ONE),
  toolCalled(ONE, { n: 2, tool: "write_file", ok: false, refused_by: "claim", text: "not claimed" }),
  frozen(ONE),
  ...landed(ONE),
  frozen(TWO),
  ...rejected(TWO),
  { kind: "task_retried", task: TWO, attempt: 1, by: "policy", tier: 0, carry: true },
  dispatched(TWO, 2),
  { kind: "attempt_failed", task: TWO, attempt: 2, cause: "stuck", detail: "", kept: oid("e") },
  { kind: "task_skipped", task: THREE, because: TWO },
  { kind: "run_ended", status: "partial" },
];
