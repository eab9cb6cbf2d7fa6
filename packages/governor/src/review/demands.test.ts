import { afterEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { unitsOf } from "./demands.ts";
import { approve, ballot, blocker, closePanels, lay, of, outcome, type Plays, reject } from "./testing/panel.ts";

setDefaultTimeout(60_000); // several processes each, and the machine may be busy
afterEach(closePanels);

const REFUSED = "review broken unknown review_seat_missing";
const complete = (...names: string[]) => names.map((unit) => ({ unit, state: "complete" }));
const u = (unit: string, state: string, why = "there is no test of it") => ({ unit, state, why });

describe("E7 an approval is unconditional", () => {
  test.each<[string, object, boolean]>([
    ["that states a condition", { conditions: ["it looks fine, and should be fixed"] }, false],
    [
      "that does not say whether there are any",
      { summary: "Looks fine, should be fixed", conditions: undefined },
      false,
    ],
    ["with a blocker", { findings: [{ ...blocker, message: "should be fixed" }] }, false],
    ["of no such kind", { vote: "approve_with_changes" }, false],
    [
      "with a note beside it",
      { findings: [{ ...blocker, severity: "note", message: "a longer name reads better" }] },
      true,
    ],
    ["of which the words are about fixing", { summary: 'The text "must be fixed" is gone, good if you ask me' }, true],
  ])("%s", async (_, more, approves) => {
    const place = await lay([[ballot(more)]]);
    await place.judged();
    expect([outcome(place), of(place, "seat_voted")[0]?.vote]).toEqual(
      approves ? ["passed", "approve"] : [REFUSED, "none"],
    );
  });
});

describe("E7 each unit of a task is judged by itself", () => {
  const criteria = ["it says two", "there is a test of it"];

  test.each<[string, Plays, string]>([
    ["all complete", [ballot({ units: complete("u1", "u2") })], "passed"],
    ["one incomplete in an approval", [ballot({ units: [...complete("u1"), u("u2", "incomplete")] })], REFUSED],
    ["one unverifiable in an approval", [ballot({ units: [...complete("u1"), u("u2", "unverifiable")] })], REFUSED],
    ["one left out", [ballot({ units: complete("u1") })], REFUSED],
    ["one named twice", [ballot({ units: complete("u1", "u2", "u2") })], REFUSED],
    ["one that nobody asked for", [ballot({ units: complete("u1", "u2", "u3") })], REFUSED],
    ["none at all", [approve], REFUSED],
    [
      "one incomplete without a why",
      [ballot({ vote: "reject", findings: [blocker], units: [...complete("u1"), u("u2", "incomplete", "")] })],
      REFUSED,
    ],
    [
      "one incomplete in a rejection",
      [ballot({ vote: "reject", findings: [blocker], units: [...complete("u1"), u("u2", "incomplete")] })],
      "review review task review_blocker",
    ],
  ])("%s", async (_, plays, expected) => {
    const place = await lay([plays], { criteria });
    await place.judged();
    expect(outcome(place)).toBe(expected);
    const asked = place.heard.oak?.[0]?.messages[1]?.text ?? "";
    expect(asked).toContain("- u1: it says two\n- u2: there is a test of it");
    expect(of(place, "review_opened")[0]?.units?.map(({ unit }) => unit)).toEqual(["u1", "u2"]);
  });

  test("what is missing may be mended, and what was said of each is in the log", async () => {
    const place = await lay([[approve, ballot({ units: complete("u1", "u2") })]], { criteria });
    await place.judged();
    expect(outcome(place)).toBe("passed");
    expect(place.heard.oak?.at(-1)?.messages.at(-1)?.text).toContain('it says nothing of the unit "u1"');
    expect(of(place, "seat_voted")[0]?.units).toEqual([
      { unit: "u1", state: "complete", why: "" },
      { unit: "u2", state: "complete", why: "" },
    ]);
  });

  test("claims are units where the project says so, after the criteria of the task", () => {
    const files = { create: ["b"], edit: ["a"], delete: ["c"], read: ["r"], touch: ["t"] };
    const task = { files, review: { self_review: false, max_fork_depth: 0, criteria: ["x"] } };
    const by = { approvals: 1, turns: 1, time_ms: 1, seats: [] };
    const texts = (each: object) => unitsOf(task, { ...by, ...each }).map(({ unit, text }) => `${unit} ${text}`);
    expect(texts({})).toEqual(["u1 x"]);
    expect(texts({ each_claim: true })).toEqual(["u1 x", "u2 create b", "u3 change a", "u4 change t", "u5 delete c"]);
  });
});

describe("E15 who reviews must have looked", () => {
  const look = { use: "read_file" };
  const must = { more: { must_look: true as const } };
  const forbids = { charter: "Reviewers decide by the diff and must not use any tools." };
  const long = { text: `${"a long line of text\n".repeat(6_000)}` };

  test.each<[string, Plays, Parameters<typeof lay>[1], string, number]>([
    ["nobody asks for it", [approve], {}, "passed", 0],
    ["the project asks for it, and it did not", [approve], must, REFUSED, 0],
    ["the project asks for it, and it did", [() => look, approve], must, "passed", 1],
    ["it did so after it was told", [approve, () => look, approve], must, "passed", 1],
    ["names of files are no look", [() => ({ use: "list_dir" }), approve], must, REFUSED, 0],
    ["nothing it called answered", [() => ({ use: "grep" }), approve], {}, REFUSED, 0],
    ["the charter forbids tools, and it obeyed", [approve], forbids, REFUSED, 0],
    ["the charter forbids tools, and it looked", [() => look, approve], forbids, "passed", 1],
    ["the change was cut, and it believed the rest", [approve], long, REFUSED, 0],
    ["the change was cut, and it looked", [() => look, approve], long, "passed", 1],
    ["who rejects names a line, and need not", [reject], must, "review review task review_blocker", 0],
  ])("%s", async (_, plays, laid, expected, looked) => {
    const place = await lay([plays], laid);
    await place.judged();
    expect(outcome(place)).toBe(expected);
    const [voted] = of(place, "seat_voted");
    expect(voted?.looked).toBe(looked);
    if (expected === REFUSED) expect([voted?.vote, voted?.why]).toEqual(["none", "unlooked"]);
  });

  test("an approval without a look, and texts that forbid tools, are told", async () => {
    const notes = async (plays: Plays, laid?: Parameters<typeof lay>[1]) => {
      const place = await lay([plays], laid);
      await place.judged();
      return of(place, "gate_judged")
        .at(-1)
        ?.findings.map(({ code, message }) => `${code}: ${message}`);
    };
    expect(await notes([approve])).toEqual([
      "review_unlooked: oak approves by what it was told, and has read nothing of the tree",
    ]);
    expect(await notes([() => look, approve])).toEqual([]);
    expect(await notes([() => look, approve], forbids)).toEqual([
      expect.stringContaining("review_tools_forbidden: the charter tells who reviews to go without tools"),
    ]);
  });
});
