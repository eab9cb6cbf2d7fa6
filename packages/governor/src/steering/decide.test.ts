import { expect, test } from "bun:test";
import { type Event, type Run, RunId, TaskId } from "@dgov/kernel";
import { eventsIn, sessionOf, WORKER } from "../testing/site.ts";
import { type Busy, decide } from "./decide.ts";
import type { Request, Verb } from "./request.ts";

const id = (slug: string): TaskId => TaskId.parse(`core/main.${slug}`);
const oid = (digit: string): string => digit.repeat(40);
const [A, B, C] = [id("a"), id("b"), id("c")];
const at = { task: A, attempt: 1 };

const dispatched: Event = { kind: "task_dispatched", ...at, base: oid("0"), ...WORKER, carried_from: null };
const frozen: Event = {
  kind: "candidate_frozen",
  ...at,
  base: oid("0"),
  tree: oid("1"),
  commit: oid("1"),
  summary: "",
};
const judged = { ...at, head: oid("0"), tree: oid("2"), commit: oid("3") };
const passed: Event = { kind: "candidate_passed", ...judged };
const landing: Event = { kind: "landing_started", ...judged };
const landed: Event = { kind: "task_landed", ...at, commit: oid("3") };
const failed = (cause: "error" | "blocked"): Event => ({
  kind: "attempt_failed",
  ...at,
  cause,
  detail: "",
  kept: null,
});
const because = (task: TaskId, dep: TaskId): Event => ({ kind: "task_skipped", task, because: dep });

/** `b` waits for `a`, and `c` for `b`. */
function runWith(events: readonly Event[], approval: boolean): Run {
  const tasks = [{ id: A }, { id: B, after: [A] }, { id: C, after: [B] }];
  const { session } = sessionOf(tasks, {}, approval ? [A] : []);
  session.recordAll(events);
  return session.run;
}

type Row = [verb: Verb, when: string, events: readonly Event[], want: string, busy?: Busy];

// biome-ignore format: a table reads by its columns
const ROWS: Row[] = [
  ["cancel", "waiting",                 [],                                     "record task_cancelled"],
  ["cancel", "about to begin",          [],                                     "abort",                 "dispatch"],
  ["cancel", "at work",                 [dispatched],                           "abort",                 "dispatch"],
  ["cancel", "being judged",            [dispatched, frozen],                   "abort",                 "judge"],
  ["cancel", "to be judged",            [dispatched, frozen],                   "record attempt_failed"],
  ["cancel", "ready",                   [dispatched, frozen, passed],           "record attempt_failed"],
  ["cancel", "about to land",           [dispatched, frozen, passed],           "wait",                  "land"],
  ["cancel", "landing",                 [dispatched, frozen, passed, landing],  "wait"],
  ["cancel", "landed",                  [dispatched, frozen, passed, landing, landed], "drop"],
  ["cancel", "waiting for its retry",   [dispatched, failed("error")],          "abort",                 "retry"],
  ["cancel", "failed, to be retried",   [dispatched, failed("error")],          "record task_cancelled"],
  ["cancel", "given up",                [dispatched, failed("blocked")],        "drop"],
  ["skip",   "waiting",                 [],                                     "record task_cancelled"],
  ["skip",   "about to begin",          [],                                     "wait",                  "dispatch"],
  ["skip",   "at work",                 [dispatched],                           "drop",                  "dispatch"],
  ["skip",   "waiting for its retry",   [dispatched, failed("error")],          "abort",                 "retry"],
  ["skip",   "given up",                [dispatched, failed("blocked")],        "drop"],
  ["retry",  "waiting",                 [],                                     "drop"],
  ["retry",  "at work",                 [dispatched],                           "drop",                  "dispatch"],
  ["retry",  "failed, to be retried",   [dispatched, failed("error")],          "drop"],
  ["retry",  "given up",                [dispatched, failed("blocked")],        "record task_retried"],
  ["retry",  "given up, others skipped", [dispatched, failed("blocked"), because(B, A), because(C, B)], "record task_retried task_retried task_retried"],
  ["approve", "asked for by nobody",    [dispatched, frozen, passed],           "drop"],
];

test.each(ROWS)("%s of a task that is %s", (verb, _when, events, want, busy = null) => {
  const decided = decide(runWith(events, false), asked(verb, A), busy);
  expect(said(decided)).toBe(want);
});

// biome-ignore format: a table reads by its columns
const APPROVALS: Row[] = [
  ["approve", "at work",       [dispatched],                 "drop"],
  ["approve", "being judged",  [dispatched, frozen],         "drop",  "judge"],
  ["approve", "ready",         [dispatched, frozen, passed], "record approval_answered"],
  ["reject",  "ready",         [dispatched, frozen, passed], "record approval_answered candidate_rejected"],
  ["cancel",  "ready",         [dispatched, frozen, passed], "record attempt_failed"],
];

test.each(APPROVALS)("%s of a task to approve that is %s", (verb, _when, events, want, busy = null) => {
  const run = runWith(events, true);
  const decided = decide(run, asked(verb, A), busy);
  expect(said(decided)).toBe(want);
  if (decided.do !== "record") return;
  const { session, log } = sessionOf([{ id: A }], {}, [A]);
  session.recordAll([...events, ...decided.events]); // the kernel takes what was decided
  expect(eventsIn(log)).toHaveLength(1 + events.length + decided.events.length);
});

test("who waits for a task that did not land is not taken up before it, and is told so", () => {
  const run = runWith([dispatched, failed("blocked"), because(B, A)], false);
  expect(decide(run, asked("retry", B), null)).toEqual({
    do: "drop",
    why: `it waits for "${A}", which did not land: retry that first`,
  });
});

test("a person's no is a finding, in their words or in ours", () => {
  const run = runWith([dispatched, frozen, passed], true);
  const findings = (reason: string) => {
    const decided = decide(run, { ...asked("reject", A), reason }, null);
    return decided.do === "record" && decided.events[1]?.kind === "candidate_rejected" && decided.events[1].findings;
  };
  expect(findings("too slow")).toEqual([{ code: "approval_refused", message: "too slow" }]);
  expect(findings("")).toEqual([{ code: "approval_refused", message: "ann did not approve" }]);
});

test("the whole run is stopped while it runs, and nothing is asked of one that is over", () => {
  const run = runWith([], false);
  expect(decide(run, asked("cancel", null), null)).toEqual({ do: "stop" });
  const { session } = sessionOf([{ id: A }]);
  session.recordAll([dispatched, failed("blocked"), { kind: "run_ended", status: "failed" }]);
  for (const verb of ["cancel", "retry"] as const)
    expect(decide(session.run, asked(verb, A), null)).toEqual({ do: "drop", why: "the run is over (failed)" });
});

const asked = (verb: Verb, task: TaskId | null): Request => ({
  ...{ run: RunId.parse("r1"), verb, task, by: "ann", reason: "", at_ms: 0 },
});

const said = (decided: ReturnType<typeof decide>): string =>
  decided.do === "record" ? ["record", ...decided.events.map(({ kind }) => kind)].join(" ") : decided.do;
