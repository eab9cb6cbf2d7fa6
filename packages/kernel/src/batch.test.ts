import { describe, expect, test } from "bun:test";
import { halves, type Member } from "./batch.ts";
import type { Event, EventOf } from "./event.ts";
import type { TaskId } from "./plan.ts";
import { rederive } from "./rederive.ts";
import type { Run } from "./run.ts";
import { applyAll, lifeOf, oid, runOf, sampleOf, spec, startedWith, task } from "./testing/events.ts";
import { apply, next } from "./transition.ts";

const ids = [task("a"), task("b"), task("c"), task("d")];
const [a, b, c, d] = [task("a"), task("b"), task("c"), task("d")];
const plan = ids.map((id) => spec(id.split(".")[1] ?? ""));
const judging = (...of: TaskId[]): Event[] => of.flatMap((id) => lifeOf(id).slice(0, 2));
const members = (...of: TaskId[]): Member[] => of.map((id) => ({ task: id, attempt: 1 }));
const begun = (...of: TaskId[]): EventOf<"batch_begun"> => ({
  ...{ kind: "batch_begun", head: oid("0") },
  tasks: members(...of),
  apart: [],
});
const gate = (verdict: "pass" | "reject" | "broken") => {
  return { gate: "tests", verdict, findings: [], took_ms: 1, command: null, exit: null, output: null };
};
const said = (verdict: "pass" | "reject" | "broken", ...of: TaskId[]): EventOf<"batch_judged"> => ({
  ...{ kind: "batch_judged", head: oid("0"), tree: oid("9"), commit: commitOf(of.at(-1) ?? a), verdict },
  tasks: members(...of),
  gates: [gate(verdict)],
});
const commitOf = (id: TaskId): string => oid(String(3 + ids.indexOf(id)));
/** All of them, each on the commit of the one before. */
const passed = (...of: TaskId[]): EventOf<"candidate_passed">[] =>
  of.map((id, at) => ({
    ...{ kind: "candidate_passed", task: id, attempt: 1 },
    head: at === 0 ? oid("0") : commitOf(of[at - 1] ?? a),
    tree: oid("9"),
    commit: commitOf(id),
    tip: commitOf(of.at(-1) ?? a),
  }));
const landing = (...of: TaskId[]): Event[] =>
  passed(...of).map(({ tip: _tip, ...judged }) => ({ ...judged, kind: "landing_started" }));
const landed = (...of: TaskId[]): Event[] =>
  of.map((id) => ({ kind: "task_landed", task: id, attempt: 1, commit: commitOf(id) }));
const split = (...of: TaskId[]): Event => ({ kind: "batch_split", parts: halves(members(...of)) });

const run = (...events: Event[]): Run => applyAll(runOf(plan, { batch: 3 }), events);
const say = (at: Run): string[] =>
  next(at).flatMap((action) => {
    if (action.do === "judge_batch") return [`judge ${action.tasks.map(({ task: id }) => id.at(-1)).join("")}`];
    return "task" in action && action.do !== "dispatch" ? [`${action.do} ${action.task.at(-1)}`] : [];
  });

describe("who is judged next", () => {
  const four = judging(a, b, c, d);
  test.each<[name: string, events: Event[], want: string[]]>([
    ["one is judged alone", judging(b), ["judge b"]],
    ["as many as may be, in the order of the plan", four, ["judge abc"]],
    [
      "after a kill the same as were begun, whoever has come since",
      [...judging(b, c), begun(b, c), ...judging(a)],
      ["judge bc"],
    ],
    ["nobody, while what passed is to land", [...four, begun(a, b), said("pass", a, b), ...passed(a, b)], ["land a"]],
    [
      "the first half of those that were refused",
      [...four, begun(a, b, c), said("reject", a, b, c), split(a, b, c)],
      ["judge ab"],
    ],
    [
      "and then the other",
      [
        ...four,
        begun(a, b, c),
        said("broken", a, b, c),
        split(a, b, c),
        sampleOf(a).candidate_rejected,
        sampleOf(b).candidate_rejected,
      ],
      ["retry a", "retry b", "judge c"],
    ],
    [
      "who did not fit comes next, each alone",
      [
        ...four,
        { ...begun(a), apart: members(c).map((one) => ({ ...one, gate: "claims", why: "" })) },
        sampleOf(a).candidate_rejected,
      ],
      ["retry a", "judge c"],
    ],
    [
      "what was overtaken is judged again as it was",
      [...four, begun(a, b), said("pass", a, b), ...passed(a, b), ...[a, b].map((id) => sampleOf(id).candidate_stale)],
      ["judge ab"],
    ],
    [
      "a batch that is landing is gone on with, also from its middle",
      [...four, begun(a, b), said("pass", a, b), ...passed(a, b), ...landing(a, b).slice(0, 1)],
      ["land a"],
    ],
    ["a part of what passed together does not land", [...four, begun(a, b), said("pass", a, b), passed(a, b)[0]!], []],
    [
      "nor what is around one that is to be judged again",
      [...four, ...[begun(a, b, c), said("pass", a, b, c), ...passed(a, b, c)], ...[sampleOf(b).candidate_stale]],
      [],
    ],
  ])("%s", (_, events, want) => {
    expect(say(run(...events))).toEqual(want);
  });

  test("where each is judged alone all are asked for", () => {
    expect(say(applyAll(runOf(plan), four))).toEqual(["judge a", "judge b", "judge c", "judge d"]);
  });
});

describe("an event that says otherwise is refused", () => {
  const two = [...judging(a, b, c), begun(a, b)];
  const ready = [...two, said("pass", a, b), ...passed(a, b)];
  test.each<[name: string, before: Event[], event: Event, why: string]>([
    ["a batch of one that is not judged", judging(a), begun(a, b), '"core/part.b" is not to be judged'],
    ["one of an earlier attempt", judging(a, b), { ...begun(a), tasks: [{ task: a, attempt: 2 }] }, "not to be judged"],
    ["one twice", judging(a), begun(a, a), "twice"],
    ["more than may be", judging(a, b, c, d), begun(a, b, c, d), "more than 3"],
    ["a verdict on others than had begun", two, said("pass", a, c), "other tasks had begun"],
    [
      "a verdict that no gate has given",
      two,
      { ...said("pass", a, b), gates: [gate("reject")] },
      'its gates say "reject"',
    ],
    ["a split of what passed", [...two, said("pass", a, b)], split(a, b), "no batch was refused"],
    [
      "other halves",
      [...two, said("reject", a, b)],
      { kind: "batch_split", parts: [members(b), members(a)] },
      "halves",
    ],
    [
      "a pass by a batch that was refused",
      [...two, said("reject", a, b)],
      passed(a, b)[0]!,
      "no such batch has passed",
    ],
    [
      "a pass of one that was not in it",
      [...two, said("pass", a, b)],
      { ...passed(a, b)[0]!, task: c },
      "another batch",
    ],
    [
      "the landing of a part",
      [...two, said("pass", a, b), passed(a, b)[0]!],
      landing(a, b)[0]!,
      "not all that were judged",
    ],
    ["the landing of another tree", ready, { ...landing(a, b)[0]!, tree: oid("8") } as Event, "only what was judged"],
    [
      "a batch after the end of the run's time",
      [...judging(a, b), { kind: "run_interrupted", signal: "SIGINT" }],
      begun(a, b),
      "interrupted",
    ],
  ])("%s", (_, before, event, why) => {
    const at = run(...before);
    expect(() => apply(at, event)).toThrow(why);
  });

  test("and any of them, where each is judged alone", () => {
    expect(() => applyAll(runOf(plan), [...judging(a, b), begun(a, b)])).toThrow("judged alone");
  });
});

describe("D13 a run with batches is decided once more from its log", () => {
  const told = (...events: Event[]) =>
    rederive([startedWith(plan, { batch: 3 }), ...events].map((event, at) => ({ seq: at + 1, at_ms: 0, event })));
  const whole = [...judging(a, b), begun(a, b), said("pass", a, b), ...passed(a, b), ...landing(a, b), ...landed(a, b)];
  test("as it was recorded", () => {
    const { difference, decisions } = told(...whole);
    expect(difference).toBeNull();
    expect(decisions).toMatchObject({ judge_batch: 1, judge: 2, land: 2 });
  });
  test("a batch whose turn it was not", () => {
    expect(told(...judging(a, b, c), begun(b, c)).difference?.why).toBe("These were not to be judged together");
    const begun_before = [...judging(a, b), begun(a, b), ...judging(c)];
    expect(told(...begun_before, begun(a, b)).difference).toBeNull(); // after a kill
    expect(told(...begun_before, begun(a, b, c)).difference?.why).toBe("These were not to be judged together");
  });
});
