import { expect, test } from "bun:test";
import { BEGIN_MS, dispatched, frozen, ONE, PARTIAL, started, stored, THREE, TWO } from "./testing/sample_run.ts";
import { timelineOf } from "./timeline.ts";

/** Stretches with seconds since the run began. */
const lanes = (events: Parameters<typeof stored>[0]) =>
  timelineOf(stored(events))?.lanes.map(({ task, spans }) => [
    task,
    spans.map(({ attempt, state, from_ms, to_ms, into, cause }) => {
      const [from, to] = [from_ms, to_ms].map((at_ms) => (at_ms - BEGIN_MS) / 1000);
      return `${attempt} ${state} ${from}-${to} ${into}${cause === null ? "" : ` ${cause}`}`;
    }),
  ]);

test("each attempt is stretches from one state to the next, and what it failed of", () => {
  expect(lanes(PARTIAL)).toEqual([
    [ONE, ["1 active 2-8 judging", "1 judging 8-10 ready", "1 ready 10-11 landing", "1 landing 11-12 landed"]],
    [TWO, ["1 active 3-13 judging", "1 judging 13-15 failed gate", "2 active 17-18 failed stuck"]],
    [THREE, []],
  ]);
});

test("what goes on ends with what is last known of it", () => {
  expect(lanes([started(), dispatched(ONE), frozen(ONE)])?.[0]).toEqual([
    ONE,
    ["1 active 1-2 judging", "1 judging 2-2 judging"],
  ]);
});

test("while nobody is at it there is a break", () => {
  const stop = { kind: "run_interrupted", signal: "SIGINT" } as const;
  const go = { kind: "run_resumed", head: "a".repeat(40) } as const;
  const line = timelineOf(stored([started(), stop, go, stop]));
  const at = (s: number) => BEGIN_MS + s * 1000;
  expect(line?.breaks).toEqual([
    { from_ms: at(1), to_ms: at(2) },
    { from_ms: at(3), to_ms: at(3) },
  ]);
  expect([line?.began_at_ms, line?.ended_at_ms]).toEqual([at(0), at(3)]);
  expect(timelineOf([])).toBeNull();
});
