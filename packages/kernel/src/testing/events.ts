import type { Event, EventKind, EventOf } from "../event.ts";
import { RunId, TaskId, TaskSpec } from "../plan.ts";
import { type Run, start } from "../run.ts";
import type { WeighedCheck } from "../stated.ts";
import { apply } from "../transition.ts";

/** `task("a")` is the task `core/part.a`. */
export const task = (slug: string): TaskId => TaskId.parse(`core/part.${slug}`);

/** A git object id that is easy to tell from another. */
export const oid = (digit: string): string => digit.repeat(40).slice(0, 40);

/** `spec("b", ["a"])`: a worker's task `b` that comes after `a`. */
export const spec = (slug: string, after: readonly string[] = [], more: Partial<TaskSpec> = {}): TaskSpec =>
  TaskSpec.parse({ id: task(slug), after: after.map(task), role: "worker", unit: slug, carried: null, ...more });

export function startedWith(tasks: TaskSpec[], more: Partial<EventOf<"run_started">> = {}): EventOf<"run_started"> {
  return {
    kind: "run_started",
    plan: "p",
    plan_dir: ".dgov/plans/p",
    plan_hash: "1",
    config_hash: "2",
    target: "refs/heads/main",
    head: oid("0"),
    source: "manual",
    only: [],
    jobs: 4,
    tasks,
    retry: { retries: 1, settlement_retries: 1, tiers: 1, backoff_ms: [0] },
    limits: { calls: null, tokens: null, cost_micros: null, wall_ms: null },
    ...more,
  };
}

export const runOf = (tasks: TaskSpec[], more: Partial<EventOf<"run_started">> = {}): Run =>
  start(startedWith(tasks, more), 0);

export const applyAll = (run: Run, events: readonly Event[]): Run => events.reduce(apply, run);

/** One event of each kind, of a task's first attempt, as a run without surprises would have it. */
export function sampleOf(of: TaskId, because: TaskId = of): { [Kind in EventKind]: EventOf<Kind> } {
  const at = { task: of, attempt: 1 };
  const judged = { ...at, head: oid("0"), tree: oid("2"), commit: oid("3") };
  const output = { head: "ok", tail: "", omitted_bytes: 0, log: null };
  const usage = { input_tokens: 5, output_tokens: 5, cost_micros: 10 };
  return {
    run_started: startedWith([spec("a")]),
    tests_frozen: {
      ...{ kind: "tests_frozen", spec: "a".repeat(64), tests: [{ task: of, path: "t.py", sha256: "b".repeat(64) }] },
      ...{ spec_by: { by: "person", name: "Ada" }, plan_by: { by: "automatic", name: "--auto" }, landed: [] },
    },
    sandbox_chosen: { kind: "sandbox_chosen", level: "bwrap", detail: "0.8" },
    run_resumed: { kind: "run_resumed", head: oid("0") },
    run_interrupted: { kind: "run_interrupted", signal: "SIGINT" },
    run_paused: { kind: "run_paused", reason: "look first" },
    run_forked: { kind: "run_forked", from: RunId.parse("r0"), at: 7, head: oid("0") },
    head_judged: { kind: "head_judged", commit: oid("3"), tree: oid("2"), verdict: "pass", gates: [], known: [] },
    good_head_kept: { kind: "good_head_kept", commit: oid("0"), ref: "refs/dgov/good/r1", cure: "git switch" },
    run_ended: { kind: "run_ended", status: "failed" },
    task_dispatched: { kind: "task_dispatched", ...at, base: oid("0"), ...worker, carried_from: null },
    attempt_failed: { kind: "attempt_failed", ...at, cause: "error", detail: "it fell", kept: null },
    report_filed: { kind: "report_filed", ...at, base: oid("0"), summary: "read it" },
    candidate_frozen: {
      kind: "candidate_frozen",
      ...at,
      base: oid("0"),
      tree: oid("1"),
      commit: oid("1"),
      summary: "",
    },
    candidate_passed: { kind: "candidate_passed", ...judged },
    candidate_rejected: { kind: "candidate_rejected", ...at, cause: "gate", gate: "lint", findings: [] },
    candidate_stale: { kind: "candidate_stale", ...at, head: oid("4") },
    landing_started: { kind: "landing_started", ...judged },
    landing_refused: { kind: "landing_refused", ...at, head: oid("4") },
    task_landed: { kind: "task_landed", ...at, commit: oid("3") },
    task_retried: { kind: "task_retried", ...at, by: "policy", tier: 0, carry: false },
    task_skipped: { kind: "task_skipped", task: of, because },
    task_cancelled: { kind: "task_cancelled", task: of, attempt: 0, by: "person", reason: "not now" },
    approval_answered: {
      kind: "approval_answered",
      ...at,
      tree: oid("1"),
      verdict: "approve",
      by: "person",
      reason: "",
    },
    ...batchOf([at, { task: because, attempt: 1 }]),
    call_reserved: { kind: "call_reserved", ...at, call: 1, tokens: 10, cost_micros: 10 },
    call_settled: { kind: "call_settled", ...at, call: 1, usage, took_ms: 1, said: "" },
    task_routed: { kind: "task_routed", ...at, ...routed },
    tool_called: { kind: "tool_called", ...at, ...called },
    ...knownOf(at),
    review_opened: { kind: "review_opened", ...at, head: oid("0"), tree: oid("2"), approvals: 1, seats: [seat] },
    seat_voted: { kind: "seat_voted", ...at, seat: "one", asked: seat.asked, tree: oid("2"), ...voted },
    finding_answered: { kind: "finding_answered", ...at, ...dismissed },
    gate_judged: { kind: "gate_judged", ...at, gate: "lint", verdict: "pass", ...ran, output },
    checkout_behind: { kind: "checkout_behind", ...at, commit: oid("3"), cure: "git merge" },
  };
}

/** Of two, where there are two. */
function batchOf(tasks: EventOf<"batch_begun">["tasks"]) {
  const on = { head: oid("0"), tree: oid("2"), commit: oid("3") };
  const gates = [{ gate: "lint", verdict: "pass" as const, ...ran, output: null }];
  return {
    batch_begun: { kind: "batch_begun", head: on.head, tasks, apart: [] },
    batch_judged: { kind: "batch_judged", ...on, tasks, verdict: "pass", gates },
    batch_split: { kind: "batch_split", parts: tasks.map((one) => [one]) },
  } satisfies { [Kind in EventKind]?: EventOf<Kind> };
}

const worker = { provider: "scripted", agent: "default", tier: 0 };
const called = { n: 1, tool: "t", input: "{}", ok: true, refused_by: null, touched: [], text: "", took_ms: 1 };
const routed = {
  ...{ rule: "all", task_kind: "worker:py", chosen: "scripted/default", why: "only" as const },
  candidates: [{ model: "scripted/default", cost_micros: null }],
};
const seat = { seat: "one", family: "oak", model: "scripted/oak", asked: "a1" };
const voted = { vote: "approve" as const, why: null, findings: [], said: "it is right", took_ms: 1 };
const dismissed = {
  ...{ seat: "one", finding: "one-1", found: { code: "review_blocker", message: "no" }, tree: oid("2") },
  ...{ does: "dismiss" as const, by: "person", reason: "it was asked for" },
};
const lent = { command: ["cli"], passed: ["KEY"], hosts: [], level: "bwrap" as const, time_ms: 9 };
const quiet = { head: "ok", tail: "", omitted_bytes: 0, log: null };
const ran = { findings: [], took_ms: 1, command: "true", exit: 0 };

/** The events that bring a worker's first attempt to each state, one after the other. */
export function lifeOf(
  of: TaskId,
): EventOf<"task_dispatched" | "candidate_frozen" | "candidate_passed" | "landing_started" | "task_landed">[] {
  const sample = sampleOf(of);
  return [
    sample.task_dispatched,
    sample.candidate_frozen,
    sample.candidate_passed,
    sample.landing_started,
    sample.task_landed,
  ];
}

/** Events that are told of an attempt and move nothing. */
function knownOf(at: { task: TaskId; attempt: number }) {
  const stated = { check: "tests", command: "", outcome: "passed" } as const;
  const weighed: WeighedCheck = { ...stated, standing: "unverified", why: "no_run", call: null };
  return {
    integration_risk_scored: {
      kind: "integration_risk_scored",
      ...at,
      head: oid("4"),
      level: "high",
      overlaps: [{ path: "src/a.py", symbol: "f", kind: "same_symbol", ours: "edited", theirs: "removed by b" }],
    },
    merged_by_symbol: {
      kind: "merged_by_symbol",
      ...at,
      head: oid("4"),
      tree: oid("4"),
      files: [{ path: "src/a.py", decided: [{ symbol: "f", from: "left", rule: "only one side changed it" }] }],
    },
    symbols_touched: {
      kind: "symbols_touched",
      ...at,
      base: oid("4"),
      tree: oid("4"),
      grammars: "digest",
      touched: [{ path: "src/a.py", symbol: "f", did: "edited", edited: ["body"], claimed: true }],
      unknown: [],
    },
    agent_started: { kind: "agent_started", ...at, agent: "cli", ...lent },
    agent_ended: {
      kind: "agent_ended",
      ...at,
      agent: "cli",
      ended: "exit",
      exit: 0,
      output: quiet,
      put_back: [],
      took_ms: 3,
    },
    checks_stated: { kind: "checks_stated", ...at, left: oid("2"), tree: oid("2"), checks: [weighed] },
    answer_given: { kind: "answer_given", ...at, form: "submit_recon", answer: "{}", refused: 0 },
    tests_watched: { kind: "tests_watched", ...at, command: "t", verdict: "never_ran", why: null, call: null },
    ledger_recalled: { kind: "ledger_recalled", ...at, told: [{ entry: 1, hash: "ab" }], withheld: [] },
  } satisfies { [Kind in EventKind]?: EventOf<Kind> };
}
