import { expect, test } from "bun:test";
import { Event } from "./event.ts";
import { sampleOf, task } from "./testing/events.ts";

const { tool_called, gate_judged } = sampleOf(task("a"));

test.each<[holds: boolean, changes: Record<string, unknown>]>([
  [true, {}], // as logs have it that know no scripts
  [true, { within: 1 }],
  [true, { level: "landlock" }],
  [false, { level: "none" }],
  [false, { within: 0 }],
  [false, { within: null }],
  [false, { within: 1, beyond: 1 }],
  [true, { touched_more: 1 }],
  [false, { touched_more: 0 }],
])("a tool call is readable: %p, with %p", (holds, changes) => {
  expect(Event.safeParse({ ...tool_called, n: 2, ...changes }).success).toBe(holds);
});

test.each<[holds: boolean, changes: Record<string, unknown>]>([
  [true, {}], // of a gate that ran nothing, and as logs have it that tell no level
  [true, { level: "wasm" }],
  [false, { level: "none" }],
  [false, { level: null }],
])("a verdict is readable: %p, with %p", (holds, changes) => {
  expect(Event.safeParse({ ...gate_judged, ...changes }).success).toBe(holds);
});
