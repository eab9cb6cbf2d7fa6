import { expect, test } from "bun:test";
import type { RunView } from "@dgov/governor/run";
import { renderRun } from "./run_text.ts";

const TASK: RunView["tasks"][number] = {
  task: "a/b.one",
  state: "failed",
  attempts: 1,
  commit: null,
  cause: "blocked",
  gate: null,
  reason: "needs a person",
  findings: [],
  blame: null,
  clash: null,
};
const VIEW: RunView = {
  status: "failed",
  succeeded: [],
  failed: ["a/b.one"],
  skipped: [],
  unfinished: [],
  run: "r1",
  plan: "p",
  plan_dir: ".dgov/plans/p",
  target: "refs/heads/main",
  tasks: [TASK],
  spent: { calls: 2, tokens: 10, cost_micros: null, currency: "EUR", unpriced_calls: 2 },
  abort: null,
  whole: null,
  pending: null,
  did: "ran",
  warnings: [],
  duration_s: 1,
  hint: null,
  exit: 1,
};

test.each<[name: string, task: Partial<typeof TASK>, line: string]>([
  ["failed", {}, "  failed   a/b.one: needs a person"],
  ["refused", { gate: "tests", attempts: 2 }, "  failed   a/b.one after 2 attempts (tests): needs a person"],
  ["stopped by the user", { cause: "interrupted" }, "  stopped  a/b.one: needs a person"],
  ["killed", { cause: "lost" }, "  stopped  a/b.one: needs a person"],
  ["told in a model's words", { reason: "a\x1b[2J\nb" }, "  failed   a/b.one: a b"],
])("a task that was %s", (_name, task, line) => {
  expect(renderRun({ ...VIEW, tasks: [{ ...TASK, ...task }] }).split("\n")).toContain(line);
});

test("what an earlier run has cost is not told of a call that did nothing", () => {
  expect(renderRun(VIEW)).toContain("2 model calls");
  expect(renderRun({ ...VIEW, did: "nothing" })).not.toContain("model calls");
});
