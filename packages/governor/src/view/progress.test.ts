import { expect, test } from "bun:test";
import { NO_PROGRESS, progress } from "./progress.ts";
import { BEGIN_MS, ONE, PARTIAL, RUN, stored, THREE, TWO, toolCalled } from "./testing/sample_run.ts";

test("progress of a run, and of its middle alone", () => {
  const all = stored(PARTIAL);
  const end = all.reduce(progress, NO_PROGRESS);
  expect({ ...end, tasks: [...end.tasks.values()].map(({ task, state, attempt }) => [task, state, attempt]) }).toEqual({
    plan: "p",
    run: RUN,
    status: "partial",
    started_at_ms: BEGIN_MS,
    tasks: [
      [ONE, "landed", 1],
      [TWO, "failed", 2],
      [THREE, "skipped", 0],
    ],
    tokens: 100,
    cost_micros: 2500,
    currency: "USD",
  });
  const middle = all.slice(4, 8).reduce(progress, NO_PROGRESS);
  expect([...middle.tasks.values()]).toEqual([
    { task: ONE, state: "working", attempt: 1, since_ms: BEGIN_MS + 4000, doing: "write_file (refused)" },
  ]);
});

test("a task that is about to be merged says how near it is to what has landed", () => {
  const scored = { kind: "integration_risk_scored", task: ONE, attempt: 1, head: "a".repeat(40) } as const;
  const events = [...PARTIAL.slice(0, 4), { ...scored, level: "high" as const, overlaps: [] }];
  const { tasks } = stored(events).reduce(progress, NO_PROGRESS);
  expect(tasks.get(ONE)?.doing).toBe("risk: high");
});

test("a task that runs a script does that, whatever the script calls", () => {
  const calls = [toolCalled(ONE, { tool: "run_script" }), toolCalled(ONE, { n: 2, tool: "read_file", within: 1 })];
  const { tasks } = stored([...PARTIAL.slice(0, 4), ...calls]).reduce(progress, NO_PROGRESS);
  expect(tasks.get(ONE)?.doing).toBe("run_script");
});
