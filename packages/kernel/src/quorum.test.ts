import { describe, expect, test } from "bun:test";
import type { EventOf } from "./event.ts";
import { countVotes } from "./quorum.ts";
import { applyAll, lifeOf, oid, runOf, sampleOf, spec, task } from "./testing/events.ts";
import { apply } from "./transition.ts";

const a = task("a");
const sample = sampleOf(a);

/** Seats `one`, `two`, … of which so many must approve. */
const opened = (seats: number, approvals: number): EventOf<"review_opened"> => ({
  ...sample.review_opened,
  approvals,
  seats: ["one", "two", "three"]
    .slice(0, seats)
    .map((seat) => ({ seat, family: seat, model: seat, asked: `to ${seat}` })),
});

type Vote = EventOf<"seat_voted">["vote"];
const vote = (seat: string, said: Vote, more: Partial<EventOf<"seat_voted">> = {}): EventOf<"seat_voted"> => ({
  ...sample.seat_voted,
  ...{ seat, asked: `to ${seat}`, vote: said, why: said === "none" ? "crashed" : null },
  ...more,
});

describe("G8 E12 what a review says is counted, and read out of no words", () => {
  // biome-ignore format: a table reads by its columns
  const rows: readonly [seats: number, approvals: number, votes: EventOf<"seat_voted">[], verdict: string][] = [
    [2, 2, [vote("one", "approve"), vote("two", "approve")],                          "pass"],
    [2, 2, [vote("one", "approve"), vote("two", "reject")],                           "reject"],
    [2, 2, [vote("one", "reject"), vote("two", "none")],                              "reject"],
    [2, 2, [vote("one", "approve"), vote("two", "none")],                             "broken"],
    [2, 2, [vote("one", "approve")],                                                  "broken"],
    [2, 2, [],                                                                        "broken"],
    [3, 2, [vote("one", "approve"), vote("two", "reject"), vote("three", "approve")], "pass"],
    [3, 2, [vote("one", "approve"), vote("two", "approve"), vote("three", "none")],   "pass"],
    [3, 2, [vote("one", "approve"), vote("two", "reject"), vote("three", "none")],    "broken"],
    [3, 2, [vote("one", "reject"), vote("two", "reject"), vote("three", "approve")],  "reject"],
    [3, 1, [vote("one", "reject"), vote("two", "none"), vote("three", "approve")],    "pass"],
  ];
  for (const [seats, approvals, votes, verdict] of rows)
    test(`${approvals} of ${seats}: ${votes.map((one) => one.vote).join(", ") || "nobody"} is ${verdict}`, () => {
      expect(countVotes(opened(seats, approvals), votes).verdict).toBe(verdict as "pass");
    });

  test("E4 a vote on another tree, or to another question, is none", () => {
    const one = opened(1, 1);
    expect(countVotes(one, [vote("one", "approve", { tree: oid("9") })]).verdict).toBe("broken");
    expect(countVotes(one, [vote("one", "approve", { asked: "something else" })]).verdict).toBe("broken");
    expect(countVotes(one, [vote("two", "approve", { asked: "to one" })]).verdict).toBe("broken");
    expect(countVotes(one, [vote("one", "approve")]).verdict).toBe("pass");
  });

  test("E2 E12 who only advises is heard and counts for nothing, whatever it says, and a quorum is of those who count", () => {
    const [one, two] = opened(2, 1).seats;
    const asked = { ...opened(2, 1), seats: [one!, { ...two!, advises: true as const }] };
    for (const said of ["approve", "reject", "none"] as const) {
      expect(countVotes(asked, [vote("one", "approve"), vote("two", said)])).toMatchObject({
        verdict: "pass",
        missing: [],
      });
      expect(countVotes(asked, [vote("one", "reject"), vote("two", said)]).verdict).toBe("reject");
      expect(countVotes(asked, [vote("two", said)])).toMatchObject({ verdict: "broken", missing: [{ seat: "one" }] });
    }
    expect(countVotes({ ...asked, approvals: 0 }, [vote("two", "reject")]).verdict).toBe("pass");
  });

  test("E6 where one who approves must be apart from the author, others are not enough, and without one nobody can say", () => {
    const [one, two] = opened(2, 1).seats;
    const asked = { ...opened(2, 1), apart: true as const, seats: [one!, { ...two!, apart: true as const }] };
    const verdict = (...votes: EventOf<"seat_voted">[]) => countVotes(asked, votes).verdict;
    expect(verdict(vote("one", "approve"))).toBe("broken");
    expect(verdict(vote("one", "approve"), vote("two", "reject"))).toBe("reject");
    expect(verdict(vote("one", "reject"), vote("two", "approve"))).toBe("pass");
    const nobody = { ...asked, seats: [one!] };
    expect(countVotes(nobody, [vote("one", "approve")])).toMatchObject({ verdict: "broken", no_decider: true });
    expect(countVotes({ ...nobody, apart: undefined }, [vote("one", "approve")])).toMatchObject({ verdict: "pass" });
  });

  test("of two votes of one seat the later counts, and an approval said twice is one", () => {
    const said = [vote("one", "none"), vote("one", "approve"), vote("one", "approve")];
    const { verdict, approving, missing } = countVotes(opened(2, 2), said);
    expect([verdict, approving.length, missing.map(({ seat }) => seat)]).toEqual(["broken", 1, ["two"]]);
    expect(countVotes(opened(1, 1), [vote("one", "approve"), vote("one", "none")]).verdict).toBe("broken");
  });

  test("nobody votes but on the candidate that is being judged", () => {
    const [dispatched, frozen, passed] = lifeOf(a);
    const begun = applyAll(runOf([spec("a")]), [dispatched!]);
    const judging = apply(begun, frozen!);
    for (const event of [opened(1, 1), vote("one", "approve")]) {
      expect(apply(judging, event)).toBe(judging);
      expect(() => apply(begun, event)).toThrow('in state "active"');
      expect(() => apply(apply(judging, passed!), event)).toThrow('in state "ready"');
      expect(() => apply(judging, { ...event, attempt: 2 })).toThrow("attempt 1 is the current one");
    }
  });
});

test("E7 an approval that leaves a unit open, or says nothing of it, counts for nothing", () => {
  const units = [{ unit: "u1", text: "it is there" }];
  const said = (state: "complete" | "incomplete" | "unverifiable") => ({ units: [{ unit: "u1", state, why: "x" }] });
  const verdicts = [said("complete"), said("incomplete"), said("unverifiable"), {}, { units: [] }].map((more) => {
    const counted = countVotes({ ...opened(1, 1), units }, [vote("one", "approve", more)]);
    return `${counted.verdict} ${counted.missing.length}`;
  });
  expect(verdicts).toEqual(["pass 0", "broken 1", "broken 1", "broken 1", "broken 1"]);
  const rejects = countVotes({ ...opened(1, 1), units }, [vote("one", "reject", said("unverifiable"))]);
  expect(rejects.verdict).toBe("reject");
});
