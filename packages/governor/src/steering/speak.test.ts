import { afterEach, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Event, RunId, TaskId } from "@dgov/kernel";
import { lastFindings, type OpenOf } from "../open_findings.ts";
import { Session } from "../session.ts";
import { eventsIn, RUN, sessionOf, WORKER } from "../testing/site.ts";
import { decide } from "./decide.ts";
import { openSteering } from "./desk.ts";
import { hearBefore } from "./heard_before.ts";
import { fileRequest, type Request } from "./request.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

const A = TaskId.parse("core/main.a");
const at = { task: A, attempt: 1 };
const oid = (digit: string): string => digit.repeat(40);
const BLOCKER = { code: "review_blocker", message: "no", path: "a.txt", line: 1 };
const asked = { seat: "oak", asked: "q1" };
const vote = { vote: "reject" as const, why: null, findings: [BLOCKER], said: "no", took_ms: 1 };
const REVIEWED: readonly Event[] = [
  { kind: "task_dispatched", ...at, base: oid("0"), ...WORKER, carried_from: null },
  { kind: "candidate_frozen", ...at, base: oid("0"), tree: oid("1"), commit: oid("1"), summary: "" },
  {
    ...{ kind: "review_opened", ...at, head: oid("0"), tree: oid("2"), approvals: 1 },
    seats: [{ ...asked, family: "oak", model: "p/oak" }],
  },
  { kind: "seat_voted", ...at, ...asked, tree: oid("2"), ...vote },
];
const REJECTED: Event = {
  ...{ kind: "candidate_rejected", ...at, cause: "review", gate: "review" },
  findings: [BLOCKER],
};
const judged = { ...at, head: oid("0"), tree: oid("2"), commit: oid("3") };
const LANDED: readonly Event[] = [
  { kind: "candidate_passed", ...judged },
  { kind: "landing_started", ...judged },
  { kind: "task_landed", ...at, commit: oid("3") },
];
const ENDED: Event = { kind: "run_ended", status: "failed" };
const GIVEN_UP = { retry: { retries: 0, settlement_retries: 0, tiers: 1, backoff_ms: [0] } };

function runOf(events: readonly Event[]) {
  const laid = sessionOf([{ id: A }], GIVEN_UP);
  laid.session.recordAll([...REVIEWED, ...events]);
  return laid;
}

const named = (session: Session): OpenOf => lastFindings(session, A)[0]!;
const wish = (finding: OpenOf | undefined, more: Partial<Request> = {}): Request => ({
  ...{ run: RUN, verb: "dismiss", task: A, by: "ann", reason: "it is right", at_ms: 1 },
  ...(finding ? { finding } : {}),
  ...more,
});
const said = (more: object = {}) => ({
  ...{ kind: "finding_answered", ...at, seat: "oak", finding: "oak-1", found: BLOCKER, tree: oid("2") },
  ...{ does: "dismiss", by: "ann", reason: "it is right", ...more },
});

test.each<[string, readonly Event[], string]>([
  ["is judged", [], "record"],
  ["was rejected", [REJECTED], "record"],
  ["has passed all the same", LANDED.slice(0, 1), "record"],
  ["is of a run that is over", [REJECTED, ENDED], "record"],
  ["has landed", LANDED, "it has landed"],
])("words to a reviewer of work that %s", (_, events, want) => {
  const { session } = runOf(events);
  const decided = decide(session.run, wish(named(session)), null, session);
  expect(decided).toEqual(want === "record" ? { do: "record", events: [said() as Event] } : { do: "drop", why: want });
});

test("words to a blocker that nobody has named, or to another of that name, are refused; so are the same words twice", () => {
  const { session } = runOf([REJECTED]);
  const one = named(session);
  const why = (request: Request) => decide(session.run, request, null, session);
  const unnamed = { do: "drop", why: "no reviewer has named that" } as const;
  expect(why(wish(undefined))).toEqual(unnamed);
  expect(why(wish({ ...one, id: "oak-2" }))).toEqual(unnamed);
  expect(why(wish({ ...one, finding: { ...one.finding, message: "yes" } }))).toEqual(unnamed);
  expect(why(wish({ ...one, attempt: 2 }))).toEqual(unnamed);
  expect(why(wish(one, { task: TaskId.parse("core/main.z") }))).toMatchObject({ do: "drop" });
  session.record(said() as Event);
  expect(why(wish(one))).toEqual({ do: "drop", why: "that has been said" });
  expect(why(wish(one, { verb: "answer" }))).toMatchObject({ do: "record", events: [{ does: "answer" }] });
  expect(why(wish(one, { reason: "because" }))).toMatchObject({ do: "record" });
});

/** A run of which A was rejected and that is over, and the next one of its plan; `carried`: in which A need not be done. */
function next(events: readonly Event[], carried: string | null = null) {
  const root = mkdtempSync(join(tmpdir(), "dgov-test-"));
  folders.push(root);
  const { session: first, log, clock } = runOf([...events, REJECTED, ENDED]);
  const { started } = first.run;
  const [spec] = started.tasks;
  const tasks = [{ ...spec!, carried }];
  const r2 = RunId.parse("r2");
  const session = Session.begin(r2, log, { now_ms: () => clock.now_ms, notify() {} }, { ...started, tasks });
  const hear = () => hearBefore(root, { session, log }, [r2, RUN]);
  const heard = () => eventsIn(log).filter((event) => event.kind === "finding_answered" && event.run !== undefined);
  const left = () => readdirSync(join(root, ".dgov/runtime/requests"));
  return { root, first, session, hear, heard, left };
}

test("the next run of the plan hears what was said in the one before, and since it was over, each once", () => {
  const { root, first, hear, heard, left } = next([said({ does: "answer", reason: "look again" }) as Event]);
  fileRequest(root, wish(named(first)), 0.5);
  hear();
  const words = [said({ does: "answer", reason: "look again", run: RUN }), said({ run: RUN })] as Event[];
  expect(heard()).toEqual(words);
  expect(left()).toEqual([]);
});

test("what was heard before a kill is not heard twice, and of what has landed nothing is", () => {
  const { root, first, hear, heard, left } = next([]);
  fileRequest(root, wish(named(first)), 0.5);
  hear();
  fileRequest(root, wish(named(first)), 0.5); // it was recorded, and not taken away any more
  hear();
  expect([heard().length, left()]).toEqual([1, []]);
  const landed = next([said() as Event], oid("9"));
  fileRequest(landed.root, wish(named(landed.first), { verb: "answer" }), 0.5);
  landed.hear();
  expect([landed.heard(), landed.left()]).toEqual([[], []]);
});

test("words to reviewers of another plan's run stay until its next one, and wishes of it do not", () => {
  const { root, first, left } = next([]);
  fileRequest(root, wish(named(first), { run: RunId.parse("r9") }), 0.5);
  fileRequest(root, wish(undefined, { run: RunId.parse("r9"), verb: "retry" }), 0.6);
  const steering = openSteering({ root, run: RUN, wait_ms: 5 }, { sleep_ms: () => Bun.sleep(1), warn() {} });
  expect(steering.requests()).toEqual([]);
  steering.close();
  expect(left()).toHaveLength(1);
});
