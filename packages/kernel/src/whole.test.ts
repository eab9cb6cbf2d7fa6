import { describe, expect, test } from "bun:test";
import type { Event, EventOf } from "./event.ts";
import { rederive } from "./rederive.ts";
import type { Run } from "./run.ts";
import { applyAll, oid, runOf, sampleOf, spec, startedWith, task } from "./testing/events.ts";
import { apply, next } from "./transition.ts";

const FINAL = { final: { base: oid("0") } };
const SLUGS = ["a", "b", "c", "d", "e"];

/** The nth task lands on top of the one before it, as the commit of its number. */
const landing = (slug: string, nth: number): Event[] => {
  const of = sampleOf(task(slug));
  const [head, commit] = [oid(String(nth)), oid(String(nth + 1))];
  return [
    of.task_dispatched,
    of.candidate_frozen,
    { ...of.candidate_passed, head, commit },
    { ...of.landing_started, head, commit },
    { ...of.task_landed, commit },
  ];
};
const landed = (slugs = SLUGS): Event[] => slugs.flatMap(landing);

function judged(digit: string, verdict: "pass" | "reject" | "broken"): EventOf<"head_judged"> {
  const gate = { gate: "tests", verdict, findings: [], took_ms: 1, command: null, exit: null, output: null };
  return { kind: "head_judged", commit: oid(digit), tree: oid(digit), verdict, gates: [gate], known: [] };
}
const kept = (digit: string): EventOf<"good_head_kept"> => ({
  kind: "good_head_kept",
  commit: oid(digit),
  ref: "refs/dgov/good/r1",
  cure: "git reset",
});

const over = (more: object = FINAL, slugs = SLUGS): Run =>
  applyAll(
    runOf(
      slugs.map((slug) => spec(slug)),
      more,
    ),
    landed(slugs),
  );
const say = (run: Run) =>
  next(run).map((one) =>
    "commit" in one ? `${one.do} ${one.commit?.[0] ?? "head"}` : `${one.do} ${"status" in one ? one.status : ""}`,
  );

/** Does what is asked for, where every commit up to this number is good, and those after it are red. */
function playOut(run: Run, good: number, head = "5"): { run: Run; asked: string[]; events: Event[] } {
  const asked: string[] = [];
  const events: Event[] = [];
  for (let now = run; ; ) {
    const [action] = next(now);
    asked.push(...say(now));
    if (action?.do !== "judge_head" && action?.do !== "keep_good") return { run: now, asked, events };
    const digit = action.commit?.[0] ?? head;
    const event = action.do === "keep_good" ? kept(digit) : judged(digit, Number(digit) <= good ? "pass" : "reject");
    events.push(event);
    now = apply(now, event);
  }
}

describe("D18 all that has landed is judged together once no task is left", () => {
  test("a run that passes is complete; one that was not to be asked of ends as ever", () => {
    expect(playOut(over(), 5).asked).toEqual(["judge_head head", "end complete"]);
    expect(say(over({}))).toEqual(["end complete"]);
  });

  test("not before the last task is over, and not where nothing has landed", () => {
    const two = runOf([spec("a"), spec("b")], FINAL);
    expect(say(applyAll(two, landed(["a"])))).toEqual(["dispatch "]);
    expect(() => apply(applyAll(two, landed(["a"])), judged("1", "pass"))).toThrow("a task is not over");
    const fell = sampleOf(task("a")).attempt_failed;
    const none = applyAll(runOf([spec("a")], FINAL), [
      sampleOf(task("a")).task_dispatched,
      { ...fell, cause: "blocked" },
    ]);
    expect(say(none)).toEqual(["end failed"]);
  });

  test.each([
    [4, ["2", "3", "4"], "4"],
    [3, ["2", "3", "4"], "3"],
    [2, ["2", "3"], "2"],
    [1, ["2", "0", "1"], "1"],
    [0, ["2", "0", "1"], "0"],
  ])("of a red head the last good one is found by halves: up to %p all is well", (good, asked, offered) => {
    const { run, asked: did } = playOut(over(), good);
    const probes = asked.map((digit) => `judge_head ${digit}`);
    expect(did).toEqual(["judge_head head", ...probes, `keep_good ${offered}`, "end red"]);
    expect(run.whole.kept).toBe(oid(offered));
  });

  test("where it was red before, nothing is offered, and the run is red", () => {
    const { asked } = playOut(over(), -1);
    expect(asked).toEqual(["judge_head head", "judge_head 2", "judge_head 0", "end red"]);
  });

  test("a commit of somebody else on top of the last landing may be the one", () => {
    const { asked } = playOut(over(), 5, "9");
    expect(asked).toEqual([
      "judge_head head",
      "judge_head 2",
      "judge_head 4",
      "judge_head 5",
      "keep_good 5",
      "end red",
    ]);
  });

  test("what could not answer has not passed, and a run of which a part has landed stays partial", () => {
    const only = over(FINAL, ["a"]);
    expect(say(applyAll(only, [judged("1", "broken"), judged("0", "broken")]))).toEqual(["end red"]);
    const two = applyAll(runOf([spec("a"), spec("b")], FINAL), [
      ...landed(["a"]),
      sampleOf(task("b")).task_dispatched,
      { ...sampleOf(task("b")).attempt_failed, cause: "blocked" },
    ]);
    expect(say(applyAll(two, [judged("1", "reject"), judged("0", "reject")]))).toEqual(["end partial"]);
  });

  test("what is not asked for, and a verdict that is not its gates', are illegal", () => {
    const run = over();
    expect(() => apply(over({}), judged("5", "pass"))).toThrow("it was not to be asked");
    expect(() => apply(run, { ...judged("5", "pass"), verdict: "reject" })).toThrow('its gates say "pass"');
    expect(() => apply(run, kept("4"))).toThrow("not the last good head");
    expect(() => apply(run, { kind: "run_ended", status: "complete" })).toThrow("the whole was to be judged");
    const red = applyAll(run, [judged("5", "reject")]);
    expect(() => apply(red, judged("1", "pass"))).toThrow("it was not to be asked");
    expect(() => apply(applyAll(red, [judged("2", "pass"), judged("3", "pass")]), kept("3"))).toThrow(
      "not the last good",
    );
    expect(() => apply(applyAll(run, [judged("5", "pass")]), { kind: "run_ended", status: "red" })).toThrow();
  });

  test("what is kept is the last good head and no other, and nothing is judged in a run that was stopped", () => {
    const found = applyAll(over(), [
      judged("5", "reject"),
      judged("2", "pass"),
      judged("3", "pass"),
      judged("4", "reject"),
    ]);
    expect(say(found)).toEqual(["keep_good 3"]);
    expect(() => apply(found, kept("2"))).toThrow("not the last good head");
    const cut = apply(over(), { kind: "run_interrupted", signal: "SIGINT" });
    expect(() => apply(cut, judged("5", "pass"))).toThrow("the run is interrupted");
  });

  test("after an interruption what was said stands where the head has not moved, and else is asked again", () => {
    const cut = applyAll(over(), [judged("5", "reject"), { kind: "run_interrupted", signal: "SIGINT" }]);
    expect(next(cut)).toEqual([]);
    expect(say(apply(cut, { kind: "run_resumed", head: oid("5") }))).toEqual(["judge_head 2"]);
    expect(say(apply(cut, { kind: "run_resumed", head: oid("7") }))).toEqual(["judge_head head"]);
  });

  test("a landing after it is judged with all that was there", () => {
    const b = sampleOf(task("b"));
    const fell: Event[] = [b.task_dispatched, { ...b.attempt_failed, cause: "blocked" }];
    const run = applyAll(runOf([spec("a"), spec("b")], FINAL), [...landed(["a"]), ...fell, judged("1", "pass")]);
    const again: Event[] = [
      { kind: "run_interrupted", signal: "SIGINT" },
      { kind: "run_resumed", head: oid("1") },
      { kind: "task_retried", task: task("b"), attempt: 1, by: "user", tier: 0, carry: false },
      ...landing("b", 1).map((event) => ({ ...event, attempt: 2 }) as Event), // of a task: all have one
    ];
    expect(say(applyAll(run, again))).toEqual(["judge_head head"]);
  });

  test("where all was carried over it is asked again; where time is up it is not asked", () => {
    const carried = runOf([spec("a", [], { carried: oid("3") })], FINAL);
    expect(say(carried)).toEqual(["judge_head head"]);
    const [a, b] = [sampleOf(task("a")), sampleOf(task("b"))];
    const short = { of: "run", limit: "wall_ms", most: 1, spent: 2, asked: 0 } as const;
    const late = applyAll(runOf([spec("a"), spec("b")], FINAL), [
      ...landed(["a"]),
      b.task_dispatched,
      { ...b.attempt_failed, cause: "budget", short },
    ]);
    expect(say(late)).toEqual(["end partial"]);
    expect(a.task_landed.kind).toBe("task_landed");
  });

  test("C14 its decisions are derived again from the log, and one that differs is found", () => {
    const events = playOut(over(), 3).events;
    const all: Event[] = [
      startedWith(
        SLUGS.map((slug) => spec(slug)),
        FINAL,
      ),
      ...landed(),
      ...events,
    ];
    const told = (list: readonly Event[]) => rederive(list.map((event, at) => ({ seq: at + 1, at_ms: at, event })));
    const whole = told([...all, { kind: "run_ended", status: "red" }]);
    expect(whole).toMatchObject({ difference: null, decisions: { judge_head: 4, keep_good: 1, end: 1 } });
    const other = [...all.slice(0, -1), kept("1")];
    expect(told(other).difference).toMatchObject({ seq: other.length, kind: "good_head_kept" });
  });
});
