import { afterEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { resolve } from "node:path";
import { TaskId } from "@dgov/kernel";
import { sha256 } from "../git/files_at.ts";
import type { Repository } from "../git/testing/repository.ts";
import { openJail } from "../jail.ts";
import { withPreset } from "../presets.ts";
import { eventsIn, openSite, workOf } from "../testing/site.ts";
import { judge } from "./judge.ts";
import { unitWith } from "./testing/parts.ts";

setDefaultTimeout(120_000); // real isolations, and the machine may be busy

const open: { repo: { remove(): void } }[] = [];
afterEach(() => {
  for (const { repo } of open.splice(0)) repo.remove();
});

const TEST = "tests/check.sh";
const TEXT = "grep -q two a.txt\n";
const OTHER = TaskId.parse("core/main.other");
const self = [
  process.execPath,
  "--config=/dev/null",
  "--no-env-file",
  resolve(import.meta.dir, "../../../cli/src/main.ts"),
];

type Files = Parameters<Repository["commit"]>[0];
type Asked = { work: Files; on_target?: Files; test?: string; ignore?: string[]; jailed?: boolean; landed?: TaskId[] };

/** What the gates say of work in a repository with a frozen test of the task, and one of another, which is red. */
async function ask({
  work,
  on_target,
  test: test_cmd = `sh ${TEST}`,
  ignore = [],
  jailed = false,
  landed = [],
}: Asked) {
  const files = { "a.txt": "one\n", [TEST]: TEXT, "tests/other.sh": "exit 1\n" };
  const edit = ["a.txt", "tests/"]; // no plan may claim its tests: here the gate is alone
  const unit = { files: { create: [], edit, delete: [], read: [], touch: [], tests: [TEST] }, test_cmd };
  const other = { ...unitWith({ edit: ["b.txt"] }), id: OTHER };
  const place = await openSite({ files, unit, others: [other] });
  open.push(place);
  const { site, repo, task } = place;
  const frozen = (id: TaskId, path: string, text: string) => ({ task: id, path, sha256: sha256(text) });
  site.frozen = [frozen(task, TEST, TEXT), frozen(OTHER, "tests/other.sh", "exit 1\n")];
  const by = { by: "person", name: "Ada" } as const;
  const said = { spec: sha256(""), spec_by: by, plan_by: by, tests: [...site.frozen], landed };
  site.session.record({ kind: "tests_frozen", ...said });
  site.project = { ...site.project, rules: { ...site.project.rules, scope: { ...site.project.rules.scope, ignore } } };
  if (jailed) {
    const { sandbox } = withPreset({ sandbox: { preset: "default", level: "auto" }, tool_policy: {} });
    site.jail = await openJail(sandbox, { self, now_ms: () => Bun.nanoseconds() / 1e6, env: process.env });
  }
  await workOf(place, work);
  if (on_target) await repo.commit(on_target);
  await judge(site, { do: "judge", task, attempt: 1 }, new AbortController().signal);
  await site.pool.close();
  return eventsIn(place.log).flatMap((event) =>
    event.kind === "gate_judged" && ["frozen", "tests"].includes(event.gate)
      ? [
          [
            event.gate,
            event.verdict,
            ...event.findings.map(({ code, path }) => (path ? `${code}@${path}` : code)),
          ].join(" "),
        ]
      : [],
  );
}

const DONE = { "a.txt": "two\n" };

describe("B12 no change of a frozen test lands", () => {
  test.each<[what: string, work: Files, finding: string]>([
    ["a byte flip", { [TEST]: "grep -q tw. a.txt\n" }, "frozen_test_changed"],
    ["a delete", { [TEST]: null }, "frozen_test_removed"],
    ["a link in its place", { [TEST]: { link: "../a.txt" } }, "frozen_test_removed"],
    ["a link whose own bytes are the test's", { [TEST]: { link: TEXT } }, "frozen_test_removed"],
    ["a folder in its place", { [TEST]: null, [`${TEST}/x`]: TEXT }, "frozen_test_removed"],
  ])("%s is refused", async (_, work, finding) => {
    expect(await ask({ work: { ...DONE, ...work } })).toEqual([`frozen reject ${finding}@${TEST}`]);
  });

  test("another task's frozen test is as frozen", async () => {
    expect(await ask({ work: { ...DONE, "tests/other.sh": "exit 0\n" } })).toEqual([
      "frozen reject frozen_test_changed@tests/other.sh",
    ]);
  });

  test("work that leaves them alone passes, also beside a new test", async () => {
    expect(await ask({ work: { ...DONE, "tests/more.sh": "true\n" } })).toEqual(["frozen pass", "tests pass"]);
  });

  test("one that somebody else has changed on the target judges nobody, until it is approved anew", async () => {
    const on_target = { [TEST]: "true\n" };
    expect(await ask({ work: DONE, on_target })).toEqual([`frozen broken frozen_test_moved@${TEST}`]);
  });
});

describe("B12 a frozen test that the code under test writes while it runs is no test", () => {
  const rewritten = [`tests reject frozen_test_touched@${TEST}`];
  test.each<[what: string, asked: Partial<Asked>]>([
    ["it is made easier", { test: `echo true > ${TEST}; sh ${TEST}` }],
    [
      "it is put back afterwards",
      { test: `cp ${TEST} $TMPDIR/t; echo true > ${TEST}; sh ${TEST}; cp $TMPDIR/t ${TEST}` },
    ],
    [
      "another takes its place, and it comes back",
      { test: `mv ${TEST} $TMPDIR/t; echo true > ${TEST}; sh ${TEST}; mv $TMPDIR/t ${TEST}` },
    ],
    ["the project ignores the file", { test: `echo true > ${TEST}; sh ${TEST}`, ignore: ["*.sh"] }],
  ])("%s", async (_, asked) => {
    expect((await ask({ work: DONE, jailed: true, ...asked })).slice(1)).toEqual(rewritten);
  });
});

test("tests of tasks that have not landed judge nobody; those of tasks that have are asked", async () => {
  const all = `for one in tests/*.sh; do sh $one || exit 1; done`;
  expect(await ask({ work: DONE, test: all })).toEqual(["frozen pass", "tests pass"]);
  expect(await ask({ work: DONE, test: all, landed: [OTHER] })).toEqual(["frozen pass", "tests reject test_failure"]);
});
