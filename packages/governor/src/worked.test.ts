import { expect, test } from "bun:test";
import { type Event, TaskId } from "@dgov/kernel";
import { NOT_WORKED, workedAfter, workedMs } from "./worked.ts";

const A = TaskId.parse("core/main.a");
const began = { kind: "task_dispatched", task: A, attempt: 1 } as Event;
const fell = { kind: "attempt_failed", task: A, attempt: 1 } as Event;
const resumed = { kind: "run_resumed" } as Event;
const tool = { kind: "tool_called", task: A } as Event;

// biome-ignore format: a table reads by its columns
test.each<[string, [number, Event][], number]>([
  ["before it began",                   [],                                                0],
  ["while it is at work",               [[100, began]],                                    900],
  ["when it is over",                   [[100, began], [300, fell]],                       200],
  ["attempts add up",                   [[100, began], [300, fell], [500, began]],         700],
  ["while nobody ran nothing counts",   [[100, began], [150, tool], [800, resumed]],       50],
  ["and a resumed one goes on",         [[100, began], [150, tool], [800, resumed], [900, began]], 150],
])("how long a task was at work at 1000: %s", (_, events, ms) => {
  const worked = events.reduce((sum, [at_ms, event]) => workedAfter(sum, { at_ms, event }), NOT_WORKED);
  expect(workedMs(worked, A, 1_000)).toBe(ms);
});
