import { expect, test } from "bun:test";
import { Event } from "./event.ts";
import { sampleOf, task } from "./testing/events.ts";

const { tool_called } = sampleOf(task("a"));

test.each<[holds: boolean, changes: Record<string, unknown>]>([
  [true, {}], // as logs have it that know no scripts
  [true, { within: 1 }],
  [true, { level: "landlock" }],
  [false, { level: "none" }],
  [false, { within: 0 }],
  [false, { within: null }],
  [false, { within: 1, beyond: 1 }],
])("a tool call is readable: %p, with %p", (holds, changes) => {
  expect(Event.safeParse({ ...tool_called, n: 2, ...changes }).success).toBe(holds);
});
