import { afterEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { taskOf } from "@dgov/kernel";
import { withAnswers } from "../dispatch/answer_findings.ts";
import { orderOf } from "../dispatch/order.ts";
import { scopeOf } from "../dispatch/scope.ts";
import { openFindings } from "../open_findings.ts";
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
  first = reject as Play,
  text = "two\n",
  answers = [] as string[],
  calls = [] as object[],
  persons = [] as readonly (readonly ["answer" | "dismiss", reason: string])[],
  more = {},
}: {
  says: Play;
  first?: Play;
  text?: string;
  answers?: string[];
  calls?: object[];
  persons?: readonly (readonly ["answer" | "dismiss", reason: string])[];
  more?: object;
}) {
  const knows = (asked: Parameters<Play>[0]) =>
    /You had these blockers|A person has dismissed/.test(asked.ask.messages[1]?.text ?? "");
  const oak: Play = (asked) => (knows(asked) ? says(asked) : first(asked));
  const place = await lay([[oak], [approve]], { more: { answers: true as const, ...more } });
  await place.judged();
  expect(outcome(place)).toStartWith("review review task review_blocker");
  const { session } = place.site;
  const at_first = { task: place.task, attempt: 1 };
  const [open] = openFindings(session, place.task);
  for (const [does, reason] of persons) {
    const { id, finding: found, seat, tree } = open!;
    const by = "ann";
    session.record({ kind: "finding_answered", ...at_first, seat, finding: id, found, tree, does, by, reason });
  }
  session.record({ kind: "task_retried", ...at_first, by: "user", tier: 0, carry: true });
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

describe("E9 a person's word on a blocker", () => {
  const told = ({ heard }: Awaited<ReturnType<typeof again>>["place"], name: string) =>
    heard[name]?.at(-1)?.messages[1]?.text ?? "";
  const none = { answers: undefined }; // the project lets no author answer

  test("that answers it is put before its seat alone, which withdraws it or does not", async () => {
    const { place } = await again({ says: withdraws, persons: [["answer", "two is what I want"]], more: none });
    expect(outcome(place)).toBe("passed");
    expect(told(place, "oak")).toContain(
      "A person answers a blocker of yours. Whether it is one all the same is yours to judge:\n- oak-1 at a.txt:1: it is two where three was asked\n\n```\ntwo is what I want\n```",
    );
    expect(told(place, "oak")).not.toContain("ann");
    expect(told(place, "elm")).not.toContain("two is what I want");
    expect(place.heard.elm).toHaveLength(1);
    const upheld = await again({ says: upholds, persons: [["answer", "two is what I want"]], more: none });
    expect([outcome(upheld.place), upheld.asked]).toEqual([REJECTED, 2]);
  });

  test("that answers it closes nothing: who approves must come back to it", async () => {
    const { place } = await again({ says: approve, persons: [["answer", "it is fine"]], more: none });
    expect(outcome(place)).toBe(BROKEN);
  });

  test("that dismisses it ends it: nobody has to come back to it, nor to mend or answer it", async () => {
    const { place, heard } = await again({
      says: approve,
      persons: [
        ["answer", "look again"],
        ["dismiss", "two is what I want"],
      ],
      answers: [answer([LINE])],
    });
    expect([outcome(place), heard]).toEqual(["passed", [undefined]]); // there was no such tool
    expect(told(place, "oak")).toContain("A person has dismissed a blocker of yours.");
    expect(told(place, "oak")).not.toContain("look again"); // it is the last word that counts
    expect(told(place, "oak")).not.toContain("You had these blockers");
  });

  test("that dismisses it is no vote, and its seat may reject all the same", async () => {
    const { place } = await again({ says: reject, persons: [["dismiss", "two is what I want"]] });
    expect(outcome(place)).toBe(REJECTED);
  });

  test.each<[string, Play, string]>([
    ["says nothing of the other", approve, BROKEN],
    [
      "withdraws the other, to which nobody has said a thing",
      ballot({ earlier: [{ ...said("withdrawn", at), finding: "oak-2" }] }),
      BROKEN,
    ],
    [
      "leaves the other open",
      ballot({ vote: "reject", findings: [blocker], earlier: [{ ...said("open"), finding: "oak-2" }] }),
      REJECTED,
    ],
  ])("that dismisses one of two leaves the other: who is asked anew and %s", async (_, says, expected) => {
    const first = ballot({ vote: "reject", findings: [blocker, { ...blocker, message: "and it is late" }] });
    const { place } = await again({ says, first, persons: [["dismiss", "two is what I want"]], more: none });
    expect(outcome(place)).toBe(expected);
  });

  test("is heard in each round", async () => {
    const says: Play = (asked) => {
      const text = asked.ask.messages[1]?.text ?? "";
      if (!text.includes("A person has dismissed")) return upholds(asked);
      return text.includes("This is round 2") ? withdraws(asked) : reject(asked);
    };
    const { place } = await again({ says, persons: [["dismiss", "two is what I want"]], more: { rounds: 2 } });
    expect(outcome(place)).toBe("passed");
    expect(told(place, "oak")).toContain("This is round 2 of 2");
    expect(told(place, "oak")).toContain("two is what I want");
  });

  test("is told to the next attempt, by whomever", async () => {
    const { place } = await again({ says: reject, persons: [["dismiss", "two is\nwhat I want"]] });
    const { site, task, head } = place;
    site.session.record({ kind: "task_retried", task, attempt: 2, by: "user", tier: 0, carry: true });
    const unit = site.plan.tasks[0]!;
    const { failed } = taskOf(site.session.run, task);
    const scope = scopeOf(site.project, unit, head);
    const { messages } = await orderOf(site, { unit, attempt: 3, scope, failed, carried: true, program: null });
    expect(messages[1]?.text).toContain(
      "- oak-1 at a.txt:1: it is two where three was asked\n  It is dismissed, leave it as it is: two is\n  what I want",
    );
    expect(messages[1]?.text).not.toContain("answer it with");
  });
});
