import { expect, test } from "bun:test";
import { type EventOf, TaskId } from "@dgov/kernel";
import { closure, decideStart, type Mode, type PastRun, type Start } from "./history.ts";
import type { CompiledPlan, CompiledTask } from "./plan/compiled.ts";

const id = (slug: string) => TaskId.parse(`tasks/main.${slug}`);

/** A plan from `{ a: "unit of a" }`; each task depends on the one before it. */
function plan(units: Readonly<Record<string, string>>): CompiledPlan {
  const slugs = Object.keys(units);
  const tasks = slugs.map(
    (slug, at): CompiledTask => ({
      id: id(slug),
      summary: "",
      prompt: "",
      commit_message: slug,
      role: "worker",
      depends_on: at === 0 ? [] : [id(slugs[at - 1] ?? "")],
      files: { create: [], edit: [], delete: [], read: [], touch: [] },
      test_cmd: null,
      sops: [],
      worker: { agent: null, provider: null, timeout_s: 600, iteration_budget: null },
      review: { self_review: false, max_fork_depth: 1 },
      unit: units[slug] ?? "",
    }),
  );
  return {
    name: "p",
    summary: "",
    dir: "p",
    default_agent: null,
    default_provider: null,
    limits: {},
    hashes: { source: "", charter: "", sops: "" },
    hash: "",
    tasks,
  };
}

const MAIN = "refs/heads/main";

function past(
  name: string,
  units: Readonly<Record<string, string>>,
  ended: PastRun["ended"],
  landed: Readonly<Record<string, string>>,
): PastRun {
  const started: EventOf<"run_started"> = {
    kind: "run_started",
    plan: "p",
    plan_dir: "p",
    plan_hash: "",
    config_hash: "",
    target: MAIN,
    head: "0".repeat(40),
    source: "manual",
    only: [],
    jobs: 2,
    tasks: Object.entries(units).map(([slug, unit]) => ({
      id: id(slug),
      after: [],
      role: "worker",
      unit,
      carried: null,
    })),
    retry: { retries: 0, settlement_retries: 0, tiers: 1, backoff_ms: [0] },
    limits: { calls: null, tokens: null, cost_micros: null, wall_ms: null },
  };
  return {
    id: name,
    started,
    ended,
    landed: new Map(Object.entries(landed).map(([slug, commit]) => [id(slug), { commit, at_ms: 0 }])),
    landing: new Set(),
  };
}

const start = (carried: Readonly<Record<string, string>>): Start => ({
  do: "start",
  carried: new Map(Object.entries(carried).map(([slug, commit]) => [id(slug), commit])),
});
const nothing = (status: "complete" | "partial" | "failed"): Start => ({ do: "nothing", status, run: "r1" });
const AB = { a: "1", b: "2" };

test.each<[string, Mode, readonly PastRun[], Start]>([
  ["no run yet", "go", [], start({})],
  ["a run whose process died", "go", [past("r1", AB, null, { a: "c1" })], { do: "resume", run: "r1" }],
  [
    "it died, and the plan was edited since",
    "go",
    [past("r1", { a: "1", b: "old" }, null, { a: "c1" })],
    start({ a: "c1" }),
  ],
  ["all has landed", "go", [past("r1", AB, "complete", { a: "c1", b: "c2" })], nothing("complete")],
  ["all has landed, said twice", "continue", [past("r1", AB, "complete", { a: "c1", b: "c2" })], nothing("complete")],
  ["all has landed, but once more", "restart", [past("r1", AB, "complete", { a: "c1", b: "c2" })], start({})],
  ["something failed", "go", [past("r1", AB, "partial", { a: "c1" })], nothing("partial")],
  ["something failed, try again", "continue", [past("r1", AB, "partial", { a: "c1" })], start({ a: "c1" })],
  [
    "something failed, and the plan was edited",
    "go",
    [past("r1", { a: "1", b: "old" }, "partial", { a: "c1" })],
    start({ a: "c1" }),
  ],
  [
    "a landed unit was edited",
    "go",
    [past("r1", { a: "old", b: "2" }, "complete", { a: "c1", b: "c2" })],
    start({ b: "c2" }),
  ],
  [
    "what landed was taken off the branch",
    "go",
    [past("r1", AB, "complete", { a: "gone", b: "c2" })],
    start({ b: "c2" }),
  ],
  [
    "a restart that failed is not covered up by what landed before it",
    "continue",
    [past("r2", AB, "failed", {}), past("r1", AB, "complete", { a: "c1", b: "c2" })],
    start({}),
  ],
  [
    "a run of one task leaves the others as they were",
    "go",
    [past("r2", { a: "1" }, "complete", { a: "c3" }), past("r1", AB, "partial", { b: "c2" })],
    { do: "nothing", status: "complete", run: "r2" },
  ],
])("%s", (_name, mode, runs, want) => {
  expect(
    decideStart(plan(AB), runs, mode, { only: [], target: MAIN, config: "", reachable: (commit) => commit !== "gone" }),
  ).toEqual(want);
});

test.each<[string, readonly PastRun[], Readonly<Record<string, string>>]>([
  ["no run of ours", [], { a: "c1" }],
  ["a run that had another task", [past("r1", { b: "2" }, "failed", {})], { a: "c1" }],
  ["a run that had the task and failed it", [past("r1", { a: "1" }, "failed", {})], {}],
  ["a run that carried the task as it was before an edit", [past("r1", { a: "0" }, "complete", { a: "c1" })], {}],
])("what an older program has landed counts after %s", (_name, runs, carried) => {
  const before = new Map(["a", "b"].map((slug, at) => [id(slug), { commit: at === 0 ? "c1" : "gone", at_ms: 0 }]));
  const reachable = (commit: string) => commit !== "gone";
  expect(decideStart(plan(AB), runs, "continue", { only: [], target: MAIN, config: "", reachable, before })).toEqual(
    start(carried),
  );
  expect(decideStart(plan(AB), runs, "restart", { only: [], target: MAIN, config: "", reachable, before })).toEqual(
    start({}),
  );
});

test.each(["partial", null] as const)("a run that ended %p is not gone on with on another branch", (ended) => {
  const runs = [past("r1", AB, ended, { a: "c1" })];
  const at = (target: string) =>
    decideStart(plan(AB), runs, "go", { only: [], target, config: "", reachable: () => true });
  expect(at("refs/heads/other")).toEqual(start({ a: "c1" }));
  expect(at(MAIN).do).toBe(ended === null ? "resume" : "nothing");
});

test("one task alone is asked for after the whole plan failed", () => {
  const decided = decideStart(plan(AB), [past("r1", AB, "failed", {})], "go", {
    only: [id("a")],
    target: MAIN,
    config: "",
    reachable: () => true,
  });
  expect(decided).toEqual(start({}));
});

test("a task brings what it depends on, in plan order", () => {
  expect(closure(plan({ a: "1", b: "2", c: "3", d: "4" }), [id("c")])).toEqual([id("a"), id("b"), id("c")]);
});
