import { describe, expect, test } from "bun:test";
import type { Event, EventKind, EventOf } from "./event.ts";
import type { TaskId } from "./plan.ts";
import type { Run } from "./run.ts";
import { applyAll, lifeOf, oid, runOf, sampleOf, spec, task } from "./testing/events.ts";
import { type Action, apply, next } from "./transition.ts";

const [a, b, c, d] = [task("a"), task("b"), task("c"), task("d")];
const say = (run: Run): string[] => next(run).map(tell);
const tell = (action: Action) =>
  "task" in action
    ? `${action.do} ${action.task.split(".")[1]}`
    : `${action.do} ${"status" in action ? action.status : (action.commit?.slice(0, 1) ?? "head")}`;
const landed = (...ids: TaskId[]): Event[] => ids.flatMap(lifeOf);
const ready = (id: TaskId): Event[] => lifeOf(id).slice(0, 3);
const judging = (id: TaskId): Event[] => lifeOf(id).slice(0, 2);
const active = (id: TaskId): Event[] => lifeOf(id).slice(0, 1);
const failed = (id: TaskId, cause: EventOf<"attempt_failed">["cause"] = "blocked"): Event[] => [
  ...active(id),
  { ...sampleOf(id).attempt_failed, cause },
];
const skipped = (id: TaskId, because: TaskId): Event => sampleOf(id, because).task_skipped;
const one = (id: TaskId, kind: EventKind): Event => sampleOf(id)[kind];

const chain = [spec("a"), spec("b", ["a"]), spec("c", ["b"]), spec("d", ["c"])];
const diamond = [spec("a"), spec("b", ["a"]), spec("c", ["a"]), spec("d", ["b", "c"])];
const apart = [spec("a"), spec("b"), spec("c")];

// The numbers are those of the vectors of the original; where its behaviour was a defect, ours is said instead.
const vectors: [name: string, plan: typeof chain, events: Event[], want: string[]][] = [
  ["K9 only what waits for nothing is dispatched", chain, [], ["dispatch a"]],
  ["K10 what is independent is dispatched at once", apart, [], ["dispatch a", "dispatch b", "dispatch c"]],
  ["K11 a worker at work asks for nothing", [spec("a")], active(a), []],
  ["K11 a candidate is judged", [spec("a")], judging(a), ["judge a"]],
  ["K11 what passed lands", [spec("a")], ready(a), ["land a"]],
  ["K11 a landing is gone on with", [spec("a")], lifeOf(a).slice(0, 4), ["land a"]],
  ["K11 all landed: the end", [spec("a")], landed(a), ["end complete"]],
  ["K12 a landing frees its dependant", chain, landed(a), ["dispatch b"]],
  ["K13 a chain to its end", chain, landed(a, b, c, d), ["end complete"]],
  ["K14 of two that are ready one lands, by plan order", apart.slice(0, 2), [...ready(b), ...ready(a)], ["land a"]],
  ["K14 and then the other", apart.slice(0, 2), [...ready(b), ...landed(a)], ["land b"]],
  ["K15 unlike the original, a slow task holds up nobody", apart.slice(0, 2), [...active(a), ...ready(b)], ["land b"]],
  ["K16 nor does one that failed", apart.slice(0, 2), [...failed(a), ...ready(b)], ["land b"]],
  [
    "K17 a rejected candidate frees the turn",
    apart.slice(0, 2),
    [...judging(a), one(a, "candidate_rejected"), ...ready(b)],
    ["retry a", "land b"],
  ],
  ["K18 a failure that may be tried again", [spec("a")], failed(a, "error"), ["retry a"]],
  ["K19 one that may not ends the run", [spec("a")], failed(a, "stuck"), ["end failed"]],
  ["K22 while a retry is due its dependants wait", chain, failed(a, "error"), ["retry a"]],
  ["K23 a failure for good skips who waits for it", chain.slice(0, 2), failed(a), ["skip b"]],
  ["K24 and who waits for those", chain, [...landed(a), ...failed(b), skipped(c, b)], ["skip d"]],
  ["K24 then the run ends in part", chain, [...landed(a), ...failed(b), skipped(c, b), skipped(d, c)], ["end partial"]],
  ["K25 the other side of a diamond goes on", diamond, [...landed(a), ...failed(b)], ["dispatch c", "skip d"]],
  ["K26 an unrelated task is not touched", apart, [...failed(a), ...active(c)], ["dispatch b"]],
  ["K27 a lost worker is tried again", chain, failed(a, "lost"), ["retry a"]],
  ["K34 all skipped or failed is no success", chain.slice(0, 2), [...failed(a), skipped(b, a)], ["end failed"]],
  ["K36 plan order, not the alphabet", [spec("z"), spec("a")], [], ["dispatch z", "dispatch a"]],
  [
    "K37 a user's retry does not wake who was skipped",
    chain.slice(0, 2),
    [...failed(a), skipped(b, a), one(a, "task_retried")],
    ["dispatch a"],
  ],
  [
    "T1 a crash while judging: the same is asked for again",
    apart,
    [...judging(a), ...active(b), ...active(c)],
    ["judge a"],
  ],
  [
    "T3 a report lands without a landing",
    [spec("a", [], { role: "researcher" }), spec("b", ["a"])],
    [...active(a), one(a, "report_filed")],
    ["dispatch b"],
  ],
];
test.each(vectors)("%s", (_name, plan, events, want) => {
  const run = applyAll(runOf(plan), events);
  expect(say(run)).toEqual(want);
  expect(next(run)).toEqual(next(run));
});

test("K29 to K33 an event out of place is refused, where the original ignored it", () => {
  for (const [events, event] of [
    [active(a), one(a, "task_dispatched")],
    [[], one(a, "candidate_frozen")],
    [active(a), one(a, "candidate_passed")],
    [[], one(task("ghost"), "task_dispatched")],
  ] satisfies [Event[], Event][])
    expect(() => apply(applyAll(runOf(apart), events), event)).toThrow();
});

describe("jobs", () => {
  const many = ["a", "b", "c", "d", "e"].map((slug) => spec(slug));
  test("no more are dispatched than there are jobs", () => {
    const run = runOf(many, { jobs: 2 });
    expect(say(run)).toEqual(["dispatch a", "dispatch b"]);
    expect(say(applyAll(run, active(c)))).toEqual(["dispatch a"]);
    expect(say(applyAll(run, [...active(c), ...active(d)]))).toEqual([]);
  });
  test("a candidate that is judged, ready or landing takes none", () => {
    const run = applyAll(runOf(many, { jobs: 1 }), [...judging(a), ...ready(b), ...lifeOf(c).slice(0, 4)]);
    expect(say(run)).toEqual(["judge a", "dispatch d", "land c"]);
  });
});

test("an action says which attempt, which rung and whether to go on from the kept work", () => {
  const run = applyAll(runOf([spec("a")]), [...failed(a, "timeout")]);
  expect(next(run)).toEqual([{ do: "retry", task: a, attempt: 1, tier: 0, carry: true, after_ms: 0 }]);
  const again = apply(run, { kind: "task_retried", task: a, attempt: 1, by: "policy", tier: 0, carry: true });
  expect(next(again)).toEqual([{ do: "dispatch", task: a, attempt: 2, tier: 0, carry: true }]);
});

describe("a candidate that was overtaken twice", () => {
  const overtaken = [...ready(b), one(b, "candidate_stale"), one(b, "candidate_passed"), one(b, "candidate_stale")];
  const run = applyAll(runOf(apart), [...overtaken, ...ready(a), ...active(c)]);
  test("holds the turn while it is judged", () => expect(say(run)).toEqual(["judge b"]));
  test("lands first when it has passed", () => expect(say(apply(run, one(b, "candidate_passed")))).toEqual(["land b"]));
  test("gives the turn back when it falls", () =>
    expect(say(apply(run, one(b, "candidate_rejected")))).toEqual(["retry b", "land a"]));
  test("one that was overtaken once holds up nobody", () => {
    const once = applyAll(runOf(apart), [...ready(b), one(b, "candidate_stale"), ...ready(a), ...active(c)]);
    expect(say(once)).toEqual(["judge b", "land a"]);
  });
});

test.each(["run_interrupted", "run_ended"] as const)("after %s nothing is asked for", (kind) => {
  const run = applyAll(runOf([spec("a")]), kind === "run_ended" ? [...failed(a), one(a, kind)] : [one(a, kind)]);
  expect(next(run)).toEqual([]);
});

test("C22 a run that is paused is asked for what is under way, and for nothing that begins", () => {
  const paused = applyAll(runOf([spec("a"), spec("b"), spec("c")]), [
    ...active(a),
    ...failed(b, "error"),
    one(a, "run_paused"),
  ]);
  expect(say(paused)).toEqual([]);
  expect(say(applyAll(paused, active(a).slice(1)))).toEqual([]);
  expect(() => apply(paused, one(a, "run_paused"))).toThrow("the run is paused");
  expect(say(apply(paused, one(a, "run_resumed")))).toEqual(["retry b", "dispatch c"]);
});

test("what earlier runs landed is not done again", () => {
  const carried = { carried: oid("5") };
  expect(say(runOf([spec("a", [], carried), spec("b", ["a"])]))).toEqual(["dispatch b"]);
  expect(say(runOf([spec("a", [], carried)]))).toEqual(["end complete"]);
});

describe("H2 a run that came to a ceiling of its own", () => {
  const short = { of: "run", limit: "tokens", most: 10, spent: 8, asked: 5 } as const;
  const out = (of: TaskId, more: Partial<EventOf<"attempt_failed">> = {}): Event[] => [
    ...active(of),
    { ...sampleOf(of).attempt_failed, cause: "budget", short, ...more },
  ];
  const begun = applyAll(runOf([spec("a"), spec("b"), spec("c"), spec("d", ["a"])]), [...active(b), ...out(a)]);

  test("begins nothing more, and lets what is under way come to its end", () => {
    expect(say(begun)).toEqual(["skip d"]);
    const over = applyAll(begun, [skipped(d, a), ...landed(b).slice(1)]);
    expect(say(over)).toEqual(["end partial"]);
    expect(apply(over, { kind: "run_ended", status: "partial" }).state).toBe("ended");
  });
  test("tries nothing again either", () => {
    const fell = apply(apply(begun, skipped(d, a)), { ...sampleOf(b).attempt_failed, cause: "error" });
    expect(say(fell)).toEqual(["end failed"]);
  });
  test("a task that came to its own ceiling leaves the others alone", () => {
    const own = applyAll(runOf([spec("a"), spec("b")]), out(a, { short: { ...short, of: "task" } }));
    expect(say(own)).toEqual(["dispatch b"]);
    expect(() => apply(own, { kind: "run_ended", status: "failed" })).toThrow("a task is not over");
  });
});
