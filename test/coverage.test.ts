import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { commitAll, dgov, eventsOf, type Place, readIn, writeIn } from "./repo.ts";
import { bash, type Call, done, edit, layTasks } from "./scripted.ts";

setDefaultTimeout(180_000); // each run has a jail and a runner of tests of its own, and the machine may be busy

const open: Place[] = [];
afterEach(() => {
  for (const place of open.splice(0)) place.stop();
});

const BASELINE = ".coverage-baseline/coverage.json";
const SOURCE = "export function one() {\n  return 1;\n}\n\nexport function two() {\n  return 2;\n}\n";
const test_of = (name: string, value: number) =>
  `import { expect, test } from "bun:test";\nimport { ${name} } from "../src/a.ts";\n\ntest("${name}", () => expect(${name}()).toBe(${value}));\n`;
const BUN = `"${process.execPath}" test --coverage --coverage-reporter=lcov --coverage-dir={output} {test_dir}`;

/** A plan of one task over a project in TypeScript, measured by a real runner. */
function lay(calls: readonly Call[], coverage_cmd = BUN): Place {
  const place = layTasks(
    { a: { claims: 'files.edit = ["src/", "tests/"]', attempts: [calls, [done]] } },
    {
      project: { language: "typescript", coverage_cmd },
      tables: "[limits]\nsettlement_retries = 0\n",
      files: { "src/a.ts": SOURCE, "tests/one.test.ts": test_of("one", 1), "tests/two.test.ts": test_of("two", 2) },
    },
  );
  writeIn(place.root, ".dgov/project.toml", readIn(place, ".dgov/project.toml").replace('".txt"', '".ts"'));
  commitAll(place, "in TypeScript");
  open.push(place);
  return place;
}

/** Verdicts of the gate, and how the task ended. */
const story = (place: Place): string[] =>
  eventsOf(place).flatMap((event) => {
    if (event.kind === "gate_judged" && event.gate === "coverage")
      return [[event.verdict, ...event.findings.map(({ code, path }) => `${code}@${path ?? ""}`)].join(" ")];
    if (event.kind === "candidate_rejected") return [`rejected ${event.gate} ${event.blame}`];
    return event.kind === "task_landed" ? ["landed"] : [];
  });

test("D9 a baseline is measured and committed, and work that drops tests is refused by it", () => {
  const place = lay([bash("rm tests/two.test.ts"), edit("src/a.ts", "return 1", "return 2 - 1"), done]);
  const made = dgov(place, "coverage-baseline", "--json");
  expect({ ...JSON.parse(made.stdout), commit: "" }).toEqual({
    output: BASELINE,
    commit: "",
    format: "lcov",
    files: 1,
    percent: 100,
  });
  commitAll(place, "coverage as it is");
  const ran = dgov(place, "run", ".dgov/plans/p");
  expect(story(place)).toEqual(["reject coverage_drop@src/a.ts", "rejected coverage task"]);
  expect(ran.status).toBe(1);
  expect(ran.stdout + ran.stderr).toContain("Coverage regression: src/a.ts dropped from 100.0% to ");
});

test("D9 work that keeps its tests lands, and a baseline that is not committed is not looked at, which is said", () => {
  const place = lay([edit("src/a.ts", "return 1", "return 2 - 1"), done]);
  const ran = dgov(place, "run", ".dgov/plans/p");
  expect(story(place)).toEqual(["pass coverage_no_baseline@", "landed"]);
  expect(ran.stderr).toContain("coverage-baseline");
  dgov(place, "coverage-baseline");
  commitAll(place, "coverage as it is");
  writeIn(place.root, "tests/two.test.ts", `${test_of("two", 2)}// still here\n`);
  Bun.spawnSync(["git", "add", "-A"], { cwd: place.root, env: place.env });
  expect(gatesOf(dgov(place, "preflight", "--json").stdout)).toContainEqual(["coverage", "pass"]);
  rmSync(join(place.root, "tests/two.test.ts"));
  Bun.spawnSync(["git", "add", "-A"], { cwd: place.root, env: place.env });
  expect(gatesOf(dgov(place, "preflight", "--json").stdout)).toContainEqual(["coverage", "reject"]);
});

const gatesOf = (json: string): [string, string][] =>
  (JSON.parse(json) as { gates: { gate: string; verdict: string }[] }).gates.map(({ gate, verdict }) => [
    gate,
    verdict,
  ]);

test.each<[string, string, number, string]>([
  ["no command", "", 1, "the project has no coverage_cmd"],
  ["a command that fails, with its last words", "echo it broke; false {output}", 1, "it broke"],
  ["a command that leaves nothing", "true {output}", 1, "left no report at {output}"],
  ["a command that there is not", "measure-it-all {output}", 1, 'Cannot run "measure-it-all'],
  ["a report of nothing that is known", "echo all is well > {output}", 1, "is of no known kind: coverage.py JSON"],
])("coverage-baseline refuses %s, and writes nothing", (_name, command, status, words) => {
  const place = lay([done], command);
  const ran = dgov(place, "coverage-baseline");
  expect(ran.status).toBe(status);
  expect(ran.stderr).toContain(words);
  expect(Bun.file(join(place.root, BASELINE)).size).toBe(0);
});
