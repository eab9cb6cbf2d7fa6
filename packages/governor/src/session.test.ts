import { expect, test } from "bun:test";
import { TaskId } from "@dgov/kernel";
import { Session } from "./session.ts";
import { eventsIn, RUN, sessionOf, WORKER } from "./testing/site.ts";

const A = TaskId.parse("core/main.a");
const B = TaskId.parse("core/main.b");
const base = "0".repeat(40);
const dispatched = (task: TaskId) =>
  ({ kind: "task_dispatched", task, attempt: 1, base, ...WORKER, carried_from: null }) as const;

test("an illegal event is neither written nor applied", () => {
  const { session, log } = sessionOf([{ id: A }]);
  expect(() => session.record({ kind: "task_landed", task: A, attempt: 1, commit: base })).toThrow("Illegal event");
  expect(eventsIn(log)).toHaveLength(1);
  expect(session.run.tasks[0]?.state).toBe("waiting");
});

test("several facts are recorded together, or none of them is", () => {
  const { session, log } = sessionOf([{ id: A }, { id: B }]);
  expect(() => session.recordAll([dispatched(A), dispatched(A)])).toThrow("Illegal event");
  expect(eventsIn(log)).toHaveLength(1);
  expect(session.run.tasks[0]?.state).toBe("waiting");
  session.recordAll([dispatched(A), dispatched(B)]);
  session.record({ kind: "attempt_failed", task: A, attempt: 1, cause: "stuck", detail: "", kept: null });
  session.recordAll([]);
  expect(eventsIn(log)).toHaveLength(4);
});

test("the time between an interruption and going on is not the run's", () => {
  const { session, log, clock } = sessionOf([{ id: A }]);
  clock.now_ms = 1_000;
  session.record({ kind: "run_interrupted", signal: "SIGINT" });
  clock.now_ms = 90_000;
  session.record({ kind: "run_resumed", head: base });
  clock.now_ms = 90_500;
  expect(session.elapsed_ms).toBe(1_500);
  const again = Session.resume(RUN, log, { now_ms: () => 200_000, notify() {} });
  again.record({ kind: "run_resumed", head: base }); // its process was killed right after the last event, at 90 s
  expect(again.elapsed_ms).toBe(1_000);
});

test("what happened to a task is read where it stands, by who began the run and by who takes it up", () => {
  const { session, log } = sessionOf([{ id: A }, { id: B }]);
  session.recordAll([dispatched(A), dispatched(B)]);
  session.record({ kind: "attempt_failed", task: A, attempt: 1, cause: "stuck", detail: "why", kept: null });
  const taken = Session.resume(RUN, log, { now_ms: () => 0, notify() {} });
  for (const one of [session, taken]) {
    expect(one.read("task_dispatched", A)).toEqual([dispatched(A)]);
    expect(one.read("attempt_failed", A)).toMatchObject([{ detail: "why" }]);
    expect(one.read("attempt_failed", B)).toEqual([]);
  }
});
