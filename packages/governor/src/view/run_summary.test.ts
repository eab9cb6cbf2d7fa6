import { expect, test } from "bun:test";
import type { Cause, Event } from "@dgov/kernel";
import { reasonOf, summarise } from "./run_summary.ts";
import { dispatched, ONE, PARTIAL, RUN, started, stored, THREE, TWO } from "./testing/sample_run.ts";

const cutOff = (cause: Cause): Event[] => [
  started(),
  dispatched(ONE),
  { kind: "attempt_failed", task: ONE, attempt: 1, cause, detail: "SIGINT", kept: null },
];
const summary = (events: readonly Event[]) =>
  summarise(
    RUN,
    stored(events).map((one) => ({ ...one, prev: "", hash: "" })),
  );

test("a run that is over: each task is in one list", () => {
  expect(summary(PARTIAL)).toMatchObject({ succeeded: [ONE], failed: [TWO], skipped: [THREE], unfinished: [] });
});

test.each<[cause: Cause, failed: string[]]>([
  ["interrupted", []],
  ["lost", []],
  ["stuck", [ONE]],
])("a task whose attempt ended as %s has failed: %p", (cause, failed) => {
  const { failed: told, unfinished } = summary(cutOff(cause));
  expect(told).toEqual(failed);
  expect(unfinished).toEqual([ONE, TWO, THREE].filter((id) => !failed.includes(id)));
});

test.each<[name: string, failed: Parameters<typeof reasonOf>[0], reason: string]>([
  ["a cause alone", { cause: "stuck", detail: "", findings: [] }, "The worker stopped using tools and never said done"],
  [
    "a cause and its detail",
    { cause: "blocked", detail: "no rate", findings: [] },
    "The worker said that it cannot go on without a person: no rate",
  ],
  [
    "a finding with a place",
    { cause: "gate", detail: "", findings: [{ code: "x", message: "too long", path: "a.py", line: 3 }] },
    "a.py:3: too long",
  ],
  [
    "a finding that names its place",
    { cause: "gate", detail: "", findings: [{ code: "x", message: '"a.py" is too long', path: "a.py" }] },
    '"a.py" is too long',
  ],
])("the reason is told from %s", (_name, failed, reason) => {
  expect(reasonOf(failed)).toBe(reason);
});

test("H2 a run that came to its ceiling names it, and what was not done because of it", () => {
  const short = { of: "run", limit: "calls", most: 5, spent: 5, asked: 1 } as const;
  const fell: Event = { kind: "attempt_failed", task: ONE, attempt: 1, cause: "budget", detail: "", kept: null, short };
  const out = [started(), dispatched(ONE), fell, { kind: "run_ended", status: "failed" } as const];
  expect(summary(out)).toMatchObject({
    ...{ status: "failed", failed: [ONE], unfinished: [TWO, THREE] },
    abort: { code: "budget", short, pending: [ONE, TWO, THREE] },
  });
  expect(summary(PARTIAL).abort).toBeNull();
});
