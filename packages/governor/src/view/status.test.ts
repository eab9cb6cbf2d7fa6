import { expect, test } from "bun:test";
import type { Event } from "@dgov/kernel";
import { STATUS_KINDS, type Status, viewStatus } from "./status.ts";
import { BEGIN_MS, dispatched, frozen, ONE, PARTIAL, RUN, started, stored, THREE, TWO } from "./testing/sample_run.ts";

const kinds: ReadonlySet<string> = new Set(STATUS_KINDS);
const read = (events: readonly Event[]) => stored(events).filter(({ event }) => kinds.has(event.kind));

test("a partial run needs attention, and says why", () => {
  expect(viewStatus(read(PARTIAL), { process: "unknown", all: false })).toEqual({
    status: "needs_attention",
    tasks: 3,
    active: 0,
    settling: 0,
    attention: 1,
    state_counts: { landed: 1, failed: 1, skipped: 1 },
    task_list: [
      { slug: TWO, state: "failed", plan_name: "p", phase: "stuck", attempt: 2 },
      { slug: THREE, state: "skipped", plan_name: "p", phase: "", attempt: 0 },
    ],
    run: {
      run: RUN,
      plan: "p",
      plan_dir: ".dgov/plans/p",
      target: "refs/heads/main",
      state: "ended",
      result: "partial",
      process: "gone",
      sandbox: "landlock",
      started_at_ms: BEGIN_MS,
      unverified: [],
      whole: null,
    },
  });
});

test.each<[name: string, events: Event[], process: "alive" | "gone" | "unknown", want: Partial<Status>]>([
  ["no run", [], "unknown", { status: "idle", tasks: 0, run: null }],
  ["a run that has just begun", [started()], "alive", { status: "active", active: 0, state_counts: { waiting: 3 } }],
  ["a worker at work", [started(), dispatched(ONE)], "alive", { status: "active", active: 1, settling: 0 }],
  ["a candidate being judged", [started(), dispatched(ONE), frozen(ONE)], "unknown", { active: 0, settling: 1 }],
  ["a run whose process was killed", [started(), dispatched(ONE)], "gone", { status: "needs_attention", active: 1 }],
  [
    "an interrupted run",
    [started(), { kind: "run_interrupted", signal: "SIGINT" }],
    "unknown",
    { status: "needs_attention", attention: 0 },
  ],
])("status of %s", (_name, events, process, want) => {
  expect(viewStatus(read(events), { process, all: false })).toMatchObject(want);
});

test("all lists what has landed, and a waiting task says what it waits for", () => {
  const { task_list } = viewStatus(read(PARTIAL.slice(0, 13)), { process: "alive", all: true });
  expect(task_list.map(({ slug, state, phase }) => [slug, state, phase])).toEqual([
    [ONE, "landed", ""],
    [TWO, "active", ""],
    [THREE, "waiting", `after ${TWO}`],
  ]);
});
