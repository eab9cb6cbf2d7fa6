import { expect, test } from "bun:test";
import { type Event, type EventOf, TaskId } from "@dgov/kernel";
import { sessionOf } from "../testing/site.ts";
import { debriefOf } from "./debrief.ts";

const task = TaskId.parse("core/main.a");
const of = { task, attempt: 1 };
const oid = (digit: string) => digit.repeat(40);

test("E16 a debrief says what stood in the way and who said what, each with the event that shows it", () => {
  const { session, log } = sessionOf([{ id: task }], {}, [task]);
  const record = (event: Event) => session.record(event);
  const by = { provider: "p", agent: "m", tier: 0, carried_from: null };
  record({ kind: "task_dispatched", ...of, base: oid("0"), ...by });
  record({ kind: "candidate_frozen", ...of, base: oid("0"), tree: oid("1"), commit: oid("2"), summary: "did it" });
  const finding = { code: "review_blocker", message: "it is two", path: "a.txt", line: 1 };
  const voted: EventOf<"seat_voted"> = {
    ...{ kind: "seat_voted", ...of, seat: "oak", asked: "x", tree: oid("1"), took_ms: 1 },
    ...{ vote: "reject", why: null, findings: [finding], said: "no" },
  };
  record(voted);
  record({ kind: "candidate_rejected", ...of, cause: "review", gate: "review", findings: [finding] });
  record({ kind: "task_retried", ...of, by: "policy", tier: 0, carry: false });
  record({ kind: "task_cancelled", ...of, by: "ann", reason: "nobody needs it" });
  const events = [...log.read()];
  const seqOf = (kind: string) => events.find(({ event }) => event.kind === kind)?.seq ?? 0;
  const told = debriefOf(events);
  expect(told?.tasks[0]?.setbacks).toMatchObject([{ seq: seqOf("candidate_rejected"), attempt: 1, cause: "review" }]);
  expect(told?.comments.map(({ seq, by: who, text }) => [seq, who, text])).toEqual([
    [seqOf("seat_voted"), "seat oak", "reject: no"],
    [seqOf("seat_voted"), "seat oak", "a.txt:1: it is two"],
    [seqOf("task_cancelled"), "ann", "nobody needs it"],
  ]);
  expect(debriefOf([])).toBe(null);
});
