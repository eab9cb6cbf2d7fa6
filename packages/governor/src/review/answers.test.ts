import { afterEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { withAnswers } from "../dispatch/answer_findings.ts";
import { judge } from "../settlement/judge.ts";
import { workOf } from "../testing/site.ts";
import { judgeByReview } from "./review.ts";
import { approve, ballot, blocker, closePanels, lay, of, outcome, type Plays, reject } from "./testing/panel.ts";

setDefaultTimeout(60_000); // several processes each, and the machine may be busy
afterEach(closePanels);

type Play = Plays[number];
const said = (state: string, more: object = {}) => ({ finding: "oak-1", state, why: "so it is", ...more });
const at = { path: "a.txt", line: 1 };
const withdraws = ballot({ earlier: [said("withdrawn", at)] });
const mends = ballot({ earlier: [said("mended")] });
const upholds = ballot({ vote: "reject", findings: [blocker], earlier: [said("open")] });
const LINE = { kind: "line", ...at, text: "two" };
const CHECK = { kind: "check", check: "run_tests" };
const answer = (evidence: object[], finding = "oak-1") => JSON.stringify({ finding, says: "two was asked", evidence });
const REJECTED = "review review task review_blocker";
const BROKEN = "review broken unknown review_seat_missing";

/** A first attempt that `oak` rejects, and a second one. `says`: what `oak` says once it is told of its own blocker. */
async function again({
  says,
  text = "two\n",
  answers = [] as string[],
  calls = [] as object[],
  more = {},
}: {
  says: Play;
  text?: string;
  answers?: string[];
  calls?: object[];
  more?: object;
}) {
  const knows = (asked: Parameters<Play>[0]) => /You had these blockers/.test(asked.ask.messages[1]?.text ?? "");
  const oak: Play = (asked) => (knows(asked) ? says(asked) : reject(asked));
  const place = await lay([[oak], [approve]], { more: { answers: true as const, ...more } });
  await place.judged();
  expect(outcome(place)).toBe(REJECTED);
  const { session } = place.site;
  const first = { task: place.task, attempt: 1 };
  session.record({ kind: "task_retried", ...first, by: "user", tier: 0, carry: true });
  await workOf(place, { "a.txt": text });
  const own = { task: place.task, attempt: 2 };
  for (const [n, call] of calls.entries()) {
    const usual = { input: "{}", ok: true, refused_by: null, touched: [], text: "", took_ms: 1 };
    session.record({ kind: "tool_called", ...own, n: n + 1, tool: "run_tests", ...usual, ...call });
  }
  const tools = withAnswers(place.site, own)?.({ specs: [], call: async () => ({ ok: true, text: "" }) });
  const heard = [];
  for (const input of answers) heard.push(await tools?.call({ id: "c", tool: "answer_finding", input }));
  await judge(place.site, { do: "judge", ...own }, new AbortController().signal, judgeByReview);
  return { place, heard, asked: place.heard.oak?.length ?? 0, weighed: of(place, "review_opened").at(-1)?.answers };
}

describe("E9 an author's answer to a blocker", () => {
  test("whose evidence is there is put before its seat alone, which may withdraw it then", async () => {
    const { place, weighed } = await again({ says: withdraws, answers: [answer([LINE])] });
    expect([outcome(place), weighed]).toEqual(["passed", [{ finding: "oak-1", holds: true, why: "" }]]);
    const told = (name: string) => place.heard[name]?.at(-1)?.messages[1]?.text ?? "";
    expect(told("oak")).toContain("two was asked\n- a.txt:1: two");
    expect(told("elm")).not.toContain("two was asked");
    expect(place.heard.elm).toHaveLength(1); // nothing is new to it
    expect(of(place, "seat_voted").at(-1)?.earlier).toMatchObject([{ finding: "oak-1", state: "withdrawn" }]);
  });

  test("may be upheld: it stays a rejection, and the finding stays open", async () => {
    const { place } = await again({ says: upholds, answers: [answer([LINE])] });
    expect(outcome(place)).toBe(REJECTED);
    expect(of(place, "seat_voted").at(-1)?.earlier).toMatchObject([{ finding: "oak-1", state: "open" }]);
  });

  test.each<[string, string[], object[], string]>([
    ["a line that is not there", [answer([{ ...LINE, line: 7 }])], [], "there is no line a.txt:7"],
    ["a line that says something else", [answer([{ ...LINE, text: "three" }])], [], "a.txt:1 says something else"],
    ["a check that nobody called", [answer([CHECK])], [], "run_tests has not passed in this attempt"],
    ["a check that failed", [answer([CHECK])], [{ exit: 1 }], "run_tests has not passed in this attempt"],
    [
      "a check that a reviewer called",
      [answer([CHECK])],
      [{ seat: "oak" }],
      "run_tests has not passed in this attempt",
    ],
    [
      "a check before a change",
      [answer([CHECK])],
      [{}, { tool: "edit_file", touched: ["a.txt"] }],
      "something was written after run_tests",
    ],
    ["one that is there and one that is not", [answer([LINE, CHECK])], [], "run_tests has not passed in this attempt"],
  ])("by %s leaves it open, and nobody is asked again", async (_, answers, calls, why) => {
    const { place, asked, weighed } = await again({ says: withdraws, answers, calls });
    expect([outcome(place), asked, weighed]).toEqual([REJECTED, 1, [{ finding: "oak-1", holds: false, why }]]);
  });

  test("by a check that passed after the last change holds", async () => {
    const calls = [{ tool: "edit_file", touched: ["a.txt"] }, { exit: 0 }];
    const { place } = await again({ says: withdraws, answers: [answer([CHECK])], calls });
    expect(outcome(place)).toBe("passed");
  });

  test("by words alone is given back, and so is one to no finding; both leave it open", async () => {
    const { place, heard, asked, weighed } = await again({
      says: withdraws,
      answers: [answer([]), answer([LINE], "elm-1")],
    });
    expect(heard.map((one) => one?.ok)).toEqual([false, false]);
    expect(heard[1]?.text).toContain('there is no open finding "elm-1": it must be oak-1');
    expect([outcome(place), asked, weighed]).toEqual([REJECTED, 1, undefined]);
  });
});

describe("E9 a seat that comes back to its blocker", () => {
  test.each<[string, Play, string, string]>([
    ["calls it mended in another tree", mends, "three\n", "passed"],
    ["withdraws it, and nobody has shown anything", withdraws, "three\n", BROKEN],
    ["approves and leaves it open", ballot({ earlier: [said("open")] }), "three\n", BROKEN],
    ["says nothing of it", approve, "three\n", BROKEN],
  ])("%s", async (_, says, text, expected) => {
    expect(outcome((await again({ says, text })).place)).toBe(expected);
  });

  test("cannot call it mended in the tree that it was found in", async () => {
    const { place } = await again({ says: mends, answers: [answer([LINE])] });
    expect(outcome(place)).toBe(BROKEN);
  });

  test("is told of none where the project has no answers, and an author has no such tool", async () => {
    const { place, asked } = await again({ says: approve, text: "three\n", more: { answers: undefined } });
    expect([outcome(place), asked]).toEqual([REJECTED, 2]); // it is asked what anybody is
    expect(withAnswers(place.site, { task: place.task, attempt: 3 })).toBe(null);
  });
});
