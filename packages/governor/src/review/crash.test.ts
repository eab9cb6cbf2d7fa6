import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { type Event, openLog, type Stored } from "@dgov/kernel";
import { rederive } from "@dgov/kernel/rederive";
import { withAnswers } from "../dispatch/answer_findings.ts";
import { openFindings } from "../open_findings.ts";
import { Session } from "../session.ts";
import { judge } from "../settlement/judge.ts";
import { RUN, workOf } from "../testing/site.ts";
import { judgeByReview } from "./review.ts";
import { approve, ballot, blocker, closePanels, lay, of, outcome, type Plays, reject } from "./testing/panel.ts";

setDefaultTimeout(60_000); // several processes each, and the machine may be busy
afterEach(closePanels);

type Play = Plays[number];
type Panel = Awaited<ReturnType<typeof lay>>;

const textOf = ({ ask }: Parameters<Play>[0]): string => ask.messages[1]?.text ?? "";
const at = { path: "a.txt", line: 1 };
const withdrawn = (finding: string) => ({ finding, state: "withdrawn", why: "two is right", ...at });

const judged = (place: Panel, attempt: number) =>
  judge(place.site, { do: "judge", task: place.task, attempt }, new AbortController().signal, judgeByReview);
const votesIn = (place: Pick<Panel, "log">) =>
  of(place, "seat_voted").map(({ seat, vote, tree, asked }) => `${seat} ${vote} ${tree} ${asked}`);
const asksOf = ({ heard }: Panel) => Object.values(heard).reduce((sum, { length }) => sum + length, 0);

/**
 * Goes on from the log as it is after each event since `from`, which is all that a killed process leaves of a review: it must come to the
 * same end, with the same votes, of which those that were in the log are not asked for again.
 */
async function goOnFromEach(place: Panel, from: number, attempt: number): Promise<Event["kind"][]> {
  const whole: readonly Stored[] = [...place.log.read()];
  const wanted = { outcome: outcome(place), votes: votesIn(place).sort() };
  const cuts = whole.slice(from, -1);
  for (const { seq, event } of cuts) {
    const log = openLog(":memory:");
    for (const one of whole.slice(0, seq)) log.append(RUN, one.seq - 1, one.at_ms, one.event);
    const session = Session.resume(RUN, log, { now_ms: () => 0, notify() {} });
    session.record({ kind: "run_resumed", head: place.head });
    Object.assign(place.site, { session });
    const [asks, voted] = [asksOf(place), votesIn({ log }).length];
    await judged({ ...place, log }, attempt);
    const told = { seq, kind: event.kind };
    expect({ ...told, outcome: outcome({ log }), votes: votesIn({ log }).sort() }).toEqual({ ...told, ...wanted });
    expect({ ...told, asked: asksOf(place) - asks }).toEqual({ ...told, asked: wanted.votes.length - voted });
    expect({ ...told, difference: rederive(log.read()).difference }).toEqual({ ...told, difference: null });
    log.close();
  }
  return cuts.map(({ event }) => event.kind);
}

test("C14 E17 a review with dissent goes on from any event of its rounds", async () => {
  const comesRound: Play = (asked) =>
    textOf(asked).includes("This is round 2") ? ballot({ earlier: [withdrawn("elm-1")] })(asked) : reject(asked);
  const place = await lay([[approve], [comesRound]], { more: { rounds: 3 } });
  const from = [...place.log.read()].length;
  await place.judged();
  expect(outcome(place)).toBe("passed");
  const kinds = await goOnFromEach(place, from, 1);
  expect(kinds.filter((kind) => kind === "review_opened" || kind === "seat_voted")).toHaveLength(6);
});

test("C14 E9 a review of answers, of an author and of a person, goes on from any event of them and since", async () => {
  const knows: Play = (asked) => {
    const own = ["oak-1", "oak-2"].filter((id) => textOf(asked).includes(`- ${id} at`)).map(withdrawn);
    if (own.length > 0) return ballot({ earlier: own })(asked);
    return ballot({ vote: "reject", findings: [blocker, { ...blocker, message: "and it is late" }] })(asked);
  };
  const place = await lay([[knows], [approve]], { more: { answers: true as const } });
  await place.judged();
  const { session } = place.site;
  const first = { task: place.task, attempt: 1 };
  const open = openFindings(session, place.task);
  session.record({ kind: "task_retried", ...first, by: "user", tier: 0, carry: true });
  await workOf(place, { "a.txt": "two\n" });
  const from = [...place.log.read()].length;
  const evidence = [{ kind: "line", ...at, text: "two" }];
  const input = JSON.stringify({ finding: "oak-1", says: "it was asked", evidence });
  const tools = withAnswers(place.site, { task: place.task, attempt: 2 });
  await tools?.({ specs: [], call: async () => ({ ok: true, text: "" }) }).call({
    id: "c",
    tool: "answer_finding",
    input,
  });
  const { id: finding, finding: found, seat, tree } = open[1]!;
  const word = { seat, finding, found, tree, does: "answer" as const, by: "ann", reason: "it is not" };
  session.record({ kind: "finding_answered", ...first, ...word });
  await judged(place, 2);
  expect(outcome(place)).toBe("passed");
  const kinds = await goOnFromEach(place, from + 1, 2);
  expect(kinds.slice(0, 1)).toEqual(["finding_answered"]);
  expect(kinds.filter((kind) => kind === "review_opened" || kind === "seat_voted")).toHaveLength(2);
});
