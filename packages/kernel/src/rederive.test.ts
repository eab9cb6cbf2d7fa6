import { describe, expect, test } from "bun:test";
import type { Event } from "./event.ts";
import { type Rederived, rederive } from "./rederive.ts";
import { lifeOf, oid, sampleOf, spec, startedWith, task } from "./testing/events.ts";

const [a, b, c] = [task("a"), task("b"), task("c")];
const of = { a: sampleOf(a), b: sampleOf(b), c: sampleOf(c, b) };
const judged = { took_ms: 1, command: null, exit: null, output: null };
const none = {
  ...{ dispatch: 0, judge: 0, judge_batch: 0, land: 0, retry: 0, skip: 0, end: 0 },
  ...{ judge_head: 0, keep_good: 0, spend: 0, route: 0, weigh: 0 },
};

function told(...events: readonly Event[]): Rederived {
  return rederive(events.map((event, at) => ({ seq: at + 1, at_ms: at, event })));
}

/** What is said of the last of these events, where all before it agree. */
function saidOf(...events: readonly Event[]): string | undefined {
  const { difference } = told(...events);
  if (difference) expect(difference.seq).toBe(events.length);
  return difference?.why;
}

const dispatched = (at: "a" | "b" | "c", more: object = {}): Event => ({ ...of[at].task_dispatched, ...more });
const verdict = (
  gate: string,
  said: "pass" | "reject" | "broken",
  findings: { code: string; message: string }[] = [],
) => ({ ...of.a.gate_judged, ...judged, gate, verdict: said, findings }) satisfies Event;
const rejected = (more: object = {}): Event => ({ ...of.a.candidate_rejected, ...more });

const one = startedWith([spec("a")]);
const frozen = [one, dispatched("a"), of.a.candidate_frozen];

describe("C14 a run is decided once more from its log alone", () => {
  test("a whole run with a retry, a skip and an end agrees, and each decision is counted", () => {
    const started = startedWith([spec("a"), spec("b"), spec("c", ["b"])]);
    const events: Event[] = [
      started,
      dispatched("a"),
      dispatched("b"),
      { ...of.b.attempt_failed, cause: "blocked" },
      of.c.task_skipped,
      of.a.candidate_frozen,
      verdict("lint", "reject", [{ code: "bad", message: "no" }]),
      rejected({ findings: [{ code: "bad", message: "no" }] }),
      { ...of.a.task_retried, carry: true },
      dispatched("a", { attempt: 2, carried_from: oid("1") }),
      { ...of.a.candidate_frozen, attempt: 2 },
      { ...verdict("lint", "pass"), attempt: 2 },
      { ...of.a.candidate_passed, attempt: 2 },
      { ...of.a.landing_started, attempt: 2 },
      { ...of.a.task_landed, attempt: 2 },
      { kind: "run_ended", status: "partial" },
    ];
    const { difference, decisions, run } = told(...events);
    expect(difference).toBeNull();
    expect(decisions).toEqual({ ...none, dispatch: 3, judge: 2, land: 1, retry: 1, skip: 1, end: 1 });
    expect(run?.status).toBe("partial");
  });

  test("no events, and a run that has just begun", () => {
    expect(told()).toEqual({ run: null, events: 0, decisions: none, difference: null });
    expect(told(one)).toMatchObject({ events: 1, decisions: none, difference: null });
  });

  test("H6 a route comes out of its candidates, and is where the attempt went", () => {
    const candidates = [
      { model: "p/dear", cost_micros: 9 },
      { model: "scripted/default", cost_micros: 3 },
      { model: "p/unknown", cost_micros: null },
    ];
    const route = { ...of.a.task_routed, candidates, why: "cheapest" as const };
    expect(told(one, dispatched("a"), route)).toMatchObject({ difference: null, decisions: { route: 1 } });
    expect(saidOf(one, dispatched("a"), { ...route, chosen: "p/dear" })).toContain('to go to "scripted/default"');
    expect(saidOf(one, dispatched("a"), { ...route, why: "only" })).toContain("(cheapest)");
    expect(saidOf(one, dispatched("a", { agent: "other" }), route)).toContain('given to "scripted/other"');
  });

  test("G9 what a worker states weighs what its calls make of it, whatever was recorded", () => {
    const run = { ...of.a.tool_called, tool: "run_tests", input: "{}", ok: true, refused_by: null, touched: [] };
    const [bare] = of.a.checks_stated.checks;
    if (!bare) throw new Error("No statement");
    const shown = { ...bare, standing: "verified" as const, why: null, call: run.n };
    const stated = (check: typeof bare) => ({ ...of.a.checks_stated, checks: [check] });
    const begun = [one, dispatched("a")];
    expect(told(...begun, stated(bare))).toMatchObject({ difference: null, decisions: { weigh: 1 } });
    expect(saidOf(...begun, run, stated(shown))).toBeUndefined();
    for (const forged of [[stated(shown)], [run, stated(bare)], [{ ...run, ok: false }, stated(shown)]])
      expect(saidOf(...begun, ...forged)).toBe("What it states is not what its calls make of it");
  });

  test("D24 whether its tests were seen to fail is what its calls show, whatever was recorded", () => {
    const red = {
      ...of.a.tool_called,
      tool: "run_tests",
      input: "{}",
      ok: false,
      exit: 1,
      refused_by: null,
      touched: [],
    };
    const wrote = { ...red, n: red.n + 1, tool: "edit_file", touched: ["a"] };
    const call = { attempt: 1, n: red.n };
    const watched = { ...of.a.tests_watched, verdict: "watched" as const, why: null, call };
    const begun = [one, dispatched("a")];
    expect(told(...begun, red, wrote, watched)).toMatchObject({ difference: null, decisions: { weigh: 1 } });
    for (const forged of [[wrote, red], [{ ...red, exit: 0 }, wrote], [of.a.agent_started, red, wrote], []])
      expect(saidOf(...begun, ...forged, watched)).toMatch(/its calls show "(edited_first|unknown|never_ran)"/);
  });

  test("what the user asks for is nobody's decision", () => {
    const given_up = [one, dispatched("a"), { ...of.a.attempt_failed, cause: "blocked" as const }];
    const again = { ...of.a.task_retried, by: "user" as const };
    expect(saidOf(...given_up, again)).toBeUndefined();
    expect(saidOf(...given_up, { ...again, by: "policy" })).toContain("not to be tried again");
  });
});

describe("a dispatch", () => {
  const two = (jobs: number) => startedWith([spec("a"), spec("b")], { jobs });
  test("of the second task while the first is at work", () => {
    expect(saidOf(two(2), dispatched("a"), dispatched("b"))).toBeUndefined();
    expect(saidOf(two(1), dispatched("a"), dispatched("b"))).toBe("All 1 places were taken");
    expect(saidOf(two(1), dispatched("b"))).toBe("Attempt 1 at rung 0 was not to begin");
  });
  test("which another has overtaken since it was asked for", () => {
    // b was begun, and a came back to wait, before the log heard of b.
    const back: Event[] = [{ ...of.a.attempt_failed, cause: "error" }, of.a.task_retried];
    expect(saidOf(two(1), dispatched("a"), ...back, dispatched("b"))).toBeUndefined();
  });
  test("at another rung", () => {
    expect(saidOf(one, dispatched("a", { tier: 1 }))).toContain("rung 1");
  });
  test("that goes on from work", () => {
    const failed: Event = { ...of.a.attempt_failed, cause: "turns", kept: oid("5") };
    const cause = (said: Event, carry: boolean) => [one, dispatched("a"), said, { ...of.a.task_retried, carry }];
    const second = (carried_from: string | null) => dispatched("a", { attempt: 2, carried_from });
    expect(saidOf(...cause(failed, true), second(oid("5")))).toBeUndefined();
    expect(saidOf(...cause(failed, true), second(null))).toBeUndefined();
    expect(saidOf(...cause(failed, true), second(oid("6")))).toBe("It was not to go on from that work");
    const afresh: Event = { ...of.a.attempt_failed, cause: "error", kept: oid("5") };
    expect(saidOf(...cause(afresh, false), second(oid("5")))).toBe("It was not to go on from that work");
  });
});

describe("a candidate", () => {
  test("that passes after a gate did not", () => {
    expect(saidOf(...frozen, verdict("lint", "pass"), of.a.candidate_passed)).toBeUndefined();
    for (const said of ["reject", "broken"] as const)
      expect(saidOf(...frozen, verdict("lint", said), of.a.candidate_passed)).toContain(`had said "${said}"`);
  });
  test("that is judged again: what was said before counts no more", () => {
    const again = { kind: "run_resumed", head: oid("0") } as const;
    const before = [...frozen, verdict("lint", "reject")];
    expect(saidOf(...before, again, verdict("lint", "pass"), of.a.candidate_passed)).toBeUndefined();
  });
  test("that is rejected", () => {
    const findings = [{ code: "bad", message: "no" }];
    const refused = [...frozen, verdict("lint", "reject", findings)];
    expect(saidOf(...refused, rejected({ findings }))).toBeUndefined();
    expect(saidOf(...refused, rejected())).toBe('The gate "lint" had found something else');
    expect(saidOf(...refused, rejected({ findings, gate: "test" }))).toContain('not "test"');
    expect(saidOf(...refused, rejected({ findings, cause: "broken" }))).toContain('the cause is "broken"');
    expect(saidOf(...frozen, verdict("lint", "pass"), rejected())).toContain("No gate had refused it");
    expect(saidOf(...frozen, rejected({ cause: "text_conflict", gate: "integration" }))).toBeUndefined();
  });
});

test("a call that the run could not pay for", () => {
  const limits = { calls: null, tokens: 15, cost_micros: null, wall_ms: null };
  const poor = [startedWith([spec("a")], { limits }), dispatched("a"), of.a.call_reserved];
  expect(saidOf(...poor)).toBeUndefined();
  expect(saidOf(...poor, { ...of.a.call_reserved, call: 2 })).toBe(
    "The run could not pay for the call: it had 15 tokens",
  );
});

describe("landing, retry, skip and end", () => {
  const ready = (at: "a" | "b"): Event[] => [of[at].candidate_frozen, of[at].candidate_passed];
  const both = [startedWith([spec("a"), spec("b")]), dispatched("a"), dispatched("b")];
  test("the first that is ready lands, of several the first in the plan", () => {
    expect(saidOf(...both, ...ready("b"), ...ready("a"), of.b.landing_started)).toBeUndefined();
    expect(saidOf(...both, ...ready("a"), ...ready("b"), of.a.landing_started)).toBeUndefined();
    expect(saidOf(...both, ...ready("a"), ...ready("b"), of.b.landing_started)).toBe("It was not its turn to land");
  });
  test("a retry that the table gives otherwise", () => {
    const failed = [one, dispatched("a"), of.a.attempt_failed];
    expect(saidOf(...failed, of.a.task_retried)).toBeUndefined();
    for (const more of [{ tier: 1 }, { carry: true }])
      expect(saidOf(...failed, { ...of.a.task_retried, ...more })).toContain("not to be tried again");
  });
  test("a task that is skipped while what it waits for may still land", () => {
    const chain = [startedWith([spec("b"), spec("c", ["b"])]), dispatched("b")];
    const skip = of.c.task_skipped;
    expect(saidOf(...chain, { ...of.b.attempt_failed, cause: "blocked" }, skip)).toBeUndefined();
    expect(saidOf(...chain, of.b.attempt_failed, skip)).toContain("not to be skipped");
  });
  test("an end while a task is still to be tried again, with what is asked for instead", () => {
    const { difference } = told(one, dispatched("a"), of.a.attempt_failed, { kind: "run_ended", status: "failed" });
    expect(difference).toMatchObject({ seq: 4, kind: "run_ended", why: 'The run was not to end as "failed"' });
    expect(difference?.asked).toEqual([{ do: "retry", task: a, attempt: 1, tier: 0, carry: false, after_ms: 0 }]);
    expect(saidOf(one, ...lifeOf(a), { kind: "run_ended", status: "complete" })).toBeUndefined();
  });
  test("an event that the run cannot take", () => {
    const { difference, events } = told(one, of.a.candidate_frozen);
    expect(difference).toMatchObject({ seq: 2, task: a, kind: "candidate_frozen" });
    expect(difference?.why).toContain("Illegal event");
    expect(events).toBe(1);
  });
});

describe("G8 C14 a review is counted once more from its votes", () => {
  const { review_opened: opened, seat_voted: approves } = of.a;
  const rejects = { ...approves, vote: "reject" as const };
  const passed = of.a.candidate_passed;

  test("what the votes come to agrees, also when the votes are from before a kill", () => {
    expect(saidOf(...frozen, opened, approves, verdict("review", "pass"), passed)).toBeUndefined();
    const resumed: Event = { kind: "run_resumed", head: oid("0") };
    expect(saidOf(...frozen, opened, approves, resumed, opened, verdict("review", "pass"), passed)).toBeUndefined();
    expect(saidOf(...frozen, opened, verdict("review", "broken"), rejected({ cause: "broken", gate: "review" }))).toBe(
      undefined,
    );
  });

  test("a verdict that its votes do not give is found", () => {
    expect(saidOf(...frozen, opened, rejects, verdict("review", "pass"), passed)).toBe(
      'The review had said "pass", and its votes come to "reject"',
    );
    expect(saidOf(...frozen, opened, verdict("review", "pass"), passed)).toContain('its votes come to "broken"');
    expect(saidOf(...frozen, verdict("review", "pass"), passed)).toBeUndefined(); // a gate of this name, from before
    expect(saidOf(...frozen, opened, approves, passed)).toContain("has come to no end");
    const elsewhere = { ...approves, tree: oid("9") };
    expect(saidOf(...frozen, opened, elsewhere, verdict("review", "pass"), passed)).toContain('come to "broken"');
  });
});

describe("F6 a person's answer", () => {
  const passed = [startedWith([spec("a", [], { approval: true })]), dispatched("a"), of.a.candidate_frozen];
  const ready: Event[] = [...passed, verdict("lint", "pass"), of.a.candidate_passed];
  const no: Event = { ...of.a.approval_answered, verdict: "reject" };
  const refused = rejected({ cause: "review", gate: "approval" });
  test("a no that was given is what a rejection without a gate rests on", () => {
    expect(saidOf(...ready, no, refused)).toBeUndefined();
    expect(saidOf(...ready, refused)).toBe("No person had rejected it");
  });
  test("a no to one attempt says nothing of the next", () => {
    const again = [
      { ...of.a.task_retried, carry: true },
      ...[...ready.slice(1)].map((event) => ({ ...event, attempt: 2 })),
    ];
    expect(saidOf(...ready, no, refused, ...(again as Event[]), { ...refused, attempt: 2 } as Event)).toBe(
      "No person had rejected it",
    );
  });
});
