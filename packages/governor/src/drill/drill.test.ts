import { afterEach, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { TaskId } from "@dgov/kernel";
import { repository } from "../git/testing/repository.ts";
import { pinHooks } from "../lifecycle/pinned.ts";
import { LifecycleTable } from "../lifecycle_file.ts";
import { projectWith } from "../settlement/testing/parts.ts";
import type { Range } from "./ask_gate.ts";
import { TESTS } from "./bad_tests.ts";
import { byChanges } from "./drill_all.ts";
import { lifecycleDrills } from "./drill_lifecycle.ts";
import { openScratch } from "./scratch.ts";
import { byStandIns } from "./stand_ins.ts";

const open: (() => void)[] = [];
afterEach(() => {
  for (const close of open.splice(0)) close();
});

const hooks = LifecycleTable.parse({ pre_gate: "echo of the project", pre_landing: "echo of the project" });

async function lay(commands: { test: string }) {
  const repo = await repository({ "README.md": "x\n", "main.go": "package shop\n" });
  const scratch = await openScratch(repo.git, await repo.user("rev-parse", "HEAD"), process.env);
  open.push(scratch.close, repo.remove);
  const plain = projectWith(repo.root, { commands });
  const project = { ...plain, rules: { ...plain.rules, sandbox: { ...plain.rules.sandbox, hooks } } };
  const of = { scratch, project, task: TaskId.parse("gates/drill.one"), out: join(scratch.folder, "out") };
  const paths = ["README.md", "main.go"];
  const facts = { project, paths, read: async (path: string) => (path === "main.go" ? "package shop\n" : null) };
  return { range: { ...of, now_ms: () => 0, signal: new AbortController().signal }, facts };
}

const nothing = { pool: null, jail: null, components: null, symbols: null } as unknown as Omit<Range, "scratch">; // nobody asks

test.each([
  ["node --test {test_dir}", ["silent", "silent", "silent", "silent", "silent"]],
  ["go test ./...", ["silent", "silent", "silent", "not_drilled", "not_drilled"]], // others that fail may hide it
  ["make test", ["silent", "silent", "silent", "not_drilled", "not_drilled"]],
])("D26 a gate on frozen or red tests that lets everything through is told, with %p", async (command, results) => {
  const { range, facts } = await lay({ test: command });
  const told: string[] = [];
  for (const drill of TESTS) {
    const came = await byChanges({ ...nothing, ...range }, drill, facts, async () => null);
    if (came !== null) told.push(came.result);
  }
  expect(told).toEqual(results);
});

test("D26 a known-bad test of Go stands in the package that is there", async () => {
  const { facts } = await lay({ test: "go test ./..." });
  const made = await Promise.all(TESTS.filter(({ gate }) => gate === "red").map(({ make }) => make(facts)));
  const works = made.flatMap((one) => (Array.isArray(one) ? one.map(({ work }) => work) : []));
  expect(works.map((work) => Object.keys(work))).toEqual([["dgov_drill_test.go"], ["dgov_drill_test.go"]]);
  for (const work of works) expect(work["dgov_drill_test.go"]).toStartWith("package shop\n");
});

test("D26 hooks are drilled by stand-ins with approvals of their own, and no hook of the project runs", async () => {
  const { range } = await lay({ test: "true" });
  const rows = await byStandIns(lifecycleDrills(range), range.now_ms);
  expect(rows.map(({ result, said }) => `${result} ${said}`)).toEqual([
    ...["fired hook_refused", "fired hook_unanswered", "fired hook_refused", "fired hook_unanswered"],
    ...["fired hooks_unapproved", "fired hooks_unapproved"],
  ]);
  expect(readdirSync(range.scratch.folder)).toContain("state");
});

test("D26 a gate that asks no hook, and one that runs what nobody has approved of, are told", async () => {
  const { range } = await lay({ test: "true" });
  const pinned = async () => pinHooks(range.scratch.git.root, hooks);
  const deaf = { gates: () => [], approved: pinned };
  const rows = await byStandIns(lifecycleDrills(range, deaf), range.now_ms);
  expect(rows.map(({ result }) => result)).toEqual(Array(6).fill("silent"));
});
