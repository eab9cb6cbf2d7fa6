import { afterEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import {
  approve,
  ballot,
  blocker,
  closePanels,
  goneOnWith,
  lay,
  of,
  outcome,
  type Plays,
  reject,
} from "./testing/panel.ts";

setDefaultTimeout(60_000); // several processes each, and the machine may be busy
afterEach(closePanels);

type Play = Plays[number];
const textOf = ({ ask }: Parameters<Play>[0]): string => ask.messages[1]?.text ?? "";
/** What a seat says in the blind round, and in each that follows. */
const turn =
  (first: Play, ...then: Play[]): Play =>
  (asked) => {
    const round = Number(/This is round (\d+)/.exec(textOf(asked))?.[1] ?? 1);
    return ([first, ...then][round - 1] ?? then.at(-1) ?? first)(asked);
  };
const withdrawn = { finding: "elm-1", state: "withdrawn", why: "two is right", path: "a.txt", line: 1 };
const still = { finding: "elm-1", state: "open", why: "it is three" };
const comesRound = ballot({ earlier: [withdrawn] });
const stays = ballot({ vote: "reject", findings: [blocker], earlier: [still] });
const three = { more: { rounds: 3 } };

describe("E17 seats that disagree", () => {
  test("hear each other after a blind round, and land what all of them approve then; the dissent is kept", async () => {
    const place = await lay([[approve], [turn(reject, comesRound)]], three);
    await place.judged();
    expect(outcome(place)).toBe("passed");
    expect(of(place, "review_opened").map(({ round }) => round)).toEqual([undefined, { n: 2, of: 3 }]);
    const votes = of(place, "seat_voted").map(({ seat, vote, earlier }) => [seat, vote, earlier?.[0]?.state]);
    expect(votes).toEqual([
      ["oak", "approve", undefined],
      ["elm", "reject", undefined],
      ["oak", "approve", undefined],
      ["elm", "approve", "withdrawn"],
    ]);
    expect(of(place, "gate_judged").at(-1)?.findings).toContainEqual({
      ...{ code: "review_dissent", path: "a.txt", line: 1 },
      message: "elm, in round 1 and not any more: it is two where three was asked",
    });
  });

  test("are blind in the first round, and in the second are told of the others by what they said and found", async () => {
    const zebra = ballot({ vote: "reject", findings: [{ ...blocker, message: "a zebra" }] });
    const place = await lay([[approve], [turn(zebra, comesRound)]], three);
    await place.judged();
    const [blind = "", second = ""] = (place.heard.oak ?? []).map(({ messages }) => messages[1]?.text ?? "");
    for (const word of ["zebra", "elm", "round"]) expect(blind).not.toContain(word);
    expect(second).toContain('The seat "elm" rejects:\n\n```\ns\n');
    expect(second).toContain("- blocker at a.txt:1: a zebra");
    const own = place.heard.elm?.at(-1)?.messages[1]?.text ?? "";
    expect(own).toContain("- elm-1 at a.txt:1: a zebra");
    expect(own).toContain('The seat "oak" approves');
  });

  test("come to no word: what the rounds end with is not approved, however many are for it", async () => {
    const place = await lay([[approve], [turn(reject, stays)], [approve]], three);
    await place.judged();
    expect(outcome(place)).toBe("review review task review_blocker review_no_consensus");
    expect(of(place, "review_opened")).toHaveLength(3);
    expect(of(place, "candidate_rejected")[0]?.findings.at(-1)?.message).toBe(
      "The seats do not agree after 3 rounds: oak, yew for it, elm against it",
    );
  });

  test.each<[string, Play, string]>([
    ["says nothing of its own blocker", approve, "malformed"],
    ["leaves it open", ballot({ earlier: [still] }), "malformed"],
    ["withdraws it by no line", ballot({ earlier: [{ ...withdrawn, path: undefined }] }), "malformed"],
    ["withdraws it by a line that is not there", ballot({ earlier: [{ ...withdrawn, line: 9 }] }), "malformed"],
    [
      "speaks of one that it never had",
      ballot({ earlier: [withdrawn, { ...withdrawn, finding: "elm-2" }] }),
      "malformed",
    ],
  ])("cannot be talked round: who approves and %s has no vote", async (_, then, why) => {
    const place = await lay([[approve], [turn(reject, then)]], { more: { rounds: 2 } });
    await place.judged();
    expect(of(place, "seat_voted").at(-1)).toMatchObject({ seat: "elm", vote: "none", why });
    expect(outcome(place)).toBe("review broken unknown review_seat_missing");
  });

  test("are not asked for a second round without need, nor where the project has none", async () => {
    const agreed = await lay([[approve], [approve]], three);
    await agreed.judged();
    const against = await lay([[reject], [reject]], three);
    await against.judged();
    const alone = await lay([[approve], [turn(reject, comesRound)]]);
    await alone.judged();
    const silent = await lay([[approve], [() => "well"]], three);
    await silent.judged();
    expect(
      [agreed, against, alone, silent].map((place) => [
        outcome(place).split(" ")[1],
        of(place, "review_opened").length,
      ]),
    ).toEqual([
      [undefined, 1],
      ["review", 1],
      ["review", 1],
      ["broken", 1],
    ]);
  });

  test("are asked of the round that a stopped run was in, and of none that had its votes", async () => {
    const gone_on = await goneOnWith(comesRound, (waits) => turn(reject, waits), three);
    const voted = ["oak approve", "elm reject", "oak approve"];
    expect(gone_on).toEqual({ came_to: "passed", voted, asked: [2, 3] });
  });
});

test("E17 who only advises has said so in the blind round, and is asked once", async () => {
  const seat = (name: string) => ({ name, provider: "p", agent: `m-${name}`, family: name, look_for: "" });
  const seats = [seat("oak"), seat("elm"), { ...seat("yew"), advises: true as const }];
  const place = await lay([[approve], [turn(reject, comesRound)], [reject]], {
    approvals: 2,
    more: { rounds: 2, seats },
  });
  await place.judged();
  expect([outcome(place), place.heard.yew?.length]).toEqual(["passed", 1]);
  const codes = of(place, "gate_judged")
    .at(-1)
    ?.findings.map(({ code }) => code);
  expect(codes).toContain("review_advice");
});
