import { expect, test } from "bun:test";
import { type Ended, type Red, rednessOf, worstOf } from "./redness.ts";
import { readReport } from "./report.ts";
import { type Reporter, reporterOf } from "./reporters.ts";

// What the runners really write, cut to what counts: each as it is when a test fails, and when none could be run.

const xml = (cases: string) =>
  `<?xml version="1.0" encoding="utf-8"?><testsuites name="x"><testsuite name="x" tests="1">${cases}</testsuite></testsuites>\n`;
const failure =
  '<testcase classname="test_a" name="test_f"><failure message="assert 1 == 2">&gt; assert</failure></testcase>';
const passed = '<testcase classname="test_a" name="test_ok" time="0.000" />';
const skipped =
  '<testcase classname="test_a" name="test_s"><skipped type="pytest.skip" message="x">x</skipped></testcase>';
const collected =
  '<testcase classname="" name="test_c"><error message="collection failure">ImportError</error></testcase>';
const fixture =
  '<testcase classname="test_e" name="test_x"><error message="failed on setup">E ValueError</error></testcase>';
const nodeFile =
  '<testcase name="/w/n/c.test.mjs" time="0.1" classname="test" failure="test failed"><failure type="testCodeFailure" message="test failed">[Error: test failed] { exitCode: 1 }</failure></testcase>';
const jest = (status: string, ...tests: string[]) =>
  JSON.stringify({
    numFailedTests: 9,
    testResults: [{ status, assertionResults: tests.map((one) => ({ status: one })) }],
  });
const goFail =
  '{"Action":"start","Package":"x"}\n{"Action":"fail","Package":"x","Test":"TestA"}\n{"Action":"fail","Package":"x"}\n';
const goNone = '{"Action":"start","Package":"x"}\n{"Action":"skip","Package":"x"}\n';
const goUnbuilt = '{"ImportPath":"x","Action":"build-fail"}\n{"Action":"fail","Package":"x","FailedBuild":"x"}\n';

test.each<[what: string, command: string, exit: number | null, report: string | null, is: string]>([
  ["a test fails", "python -m pytest -q a.py", 1, xml(failure + passed), "red red 1/1"],
  ["an import error, by its status", "pytest a.py", 2, xml(collected), "wrong red_not_run 0/0"],
  ["an import error beside a failure", "pytest a.py", 1, xml(failure + collected), "wrong red_error 1/0"],
  ["a fixture that cannot be made", "pytest a.py", 1, xml(fixture), "wrong red_error 0/0"],
  ["no test at all", "pytest a.py", 5, xml(""), "wrong red_not_run 0/0"],
  ["a bad option", "pytest --bad", 4, null, "wrong red_not_run 0/0"],
  ["all pass", "pytest a.py", 0, xml(passed), "green already_green 0/1"],
  ["all are skipped", "pytest a.py", 0, xml(skipped), "wrong red_not_run 0/0"],
  ["there is no test", "bun test ./a.test.ts", 0, xml(""), "wrong red_not_run 0/0"],
  ["there is no test", "go test ./...", 0, goNone, "wrong red_not_run 0/0"],
  ["the words of a failure, and no failure", "pytest a.py", 1, "1 failed: AssertionError", "wrong red_not_run 0/0"],
  ["a report that was cut off", "pytest a.py", 1, xml(failure).slice(0, -20), "wrong red_not_run 0/0"],
  ["a passed test that speaks of one", "pytest a.py", 1, xml(`${passed}<!-- ${failure} -->`), "wrong red_not_run 0/1"],
  ["a test fails", "bun test ./a.test.ts", 1, xml(failure), "red red 1/0"],
  ["a file cannot be loaded", "bun test ./c.test.ts", 1, null, "wrong red_not_run 0/0"],
  ["a test fails", "node --test a.mjs", 1, xml(failure + passed), "red red 1/1"],
  ["a file cannot be loaded", "node --test c.mjs", 1, xml(nodeFile), "wrong red_error 0/0"],
  ["a test fails", "npx vitest run a.js", 1, jest("failed", "failed", "passed"), "red red 1/1"],
  ["a file cannot be loaded", "npx vitest run c.js", 1, jest("failed"), "wrong red_error 0/0"],
  ["a test fails", "npx jest a.js", 1, jest("failed", "failed"), "red red 1/0"],
  ["a file cannot be loaded", "npx jest c.js", 1, jest("failed"), "wrong red_error 0/0"],
  ["a test fails", "go test ./...", 1, goFail, "red red 1/0"],
  ["it cannot be built", "go test ./...", 1, goUnbuilt, "wrong red_error 0/0"],
  ["it says nothing that could be read", "go test ./...", 1, "FAIL x [build failed]", "wrong red_not_run 0/0"],
])("B11 %s: %s ends with %d", (_, command, exit, report, is) => {
  expect(told(reporterFor(command), { exit, report })).toBe(is);
});

test("B11 cargo has one status for both, so the tests are built by themselves first", () => {
  const cargo = reporterFor("cargo test --quiet limits -- --nocapture");
  expect(cargo.build?.("cargo test --quiet limits -- --nocapture")).toBe(
    "cargo test --no-run --quiet limits -- --nocapture",
  );
  expect(told(cargo, { exit: 101, built: true })).toBe("red red 0/0");
  expect(told(cargo, { exit: 101, built: false })).toBe("wrong red_unbuilt 0/0");
  expect(told(cargo, { exit: 101, built: null })).toBe("unknown red_unknown 0/0");
  expect(told(cargo, { exit: 0, built: true })).toBe("green already_green 0/0");
  expect(told(cargo, { exit: 0, built: true, none: true })).toBe("wrong red_not_run 0/0");
});

test("B11 tests that cannot be built for want of what is to be made are red, and say what it is", () => {
  const [cargo, go] = [reporterFor("cargo test"), reporterFor("go test ./...")];
  const absent = ["cannot find function `a`", "b", "c", "d", "e".repeat(500)];
  expect(told(cargo, { exit: 101, built: false, absent })).toBe("red red_absent 0/0");
  expect(told(cargo, { exit: 101, built: true, absent })).toBe("red red 0/0");
  expect(told(cargo, { exit: 0, built: true, absent })).toBe("green already_green 0/0");
  expect(told(go, { exit: 1, report: goUnbuilt, absent })).toBe("red red_absent 0/0");
  expect(told(go, { exit: 1, report: goFail, absent })).toBe("red red 1/0");
  expect(told(go, { exit: 2, report: goUnbuilt, absent })).toBe("wrong red_not_run 0/0");
  const { message } = rednessOf(cargo, { exit: 101, ran: null, none: false, built: false, absent });
  expect(message).toBe("The tests cannot be built before the work is done: cannot find function `a`; b; c; and 2 more");
});

test("B11 of several files each must run, and one must be red", () => {
  const [red, green, wrong] = (["red", "green", "wrong"] as const).map(
    (is): Red => ({ is, code: is, message: "", failed: 1, passed: 2 }),
  ) as [Red, Red, Red];
  const word = (...all: Red[]) => worstOf(all);
  expect(word(green, red)).toMatchObject({ is: "red", failed: 2, passed: 4 });
  expect(word(green, green).is).toBe("green");
  expect(word(red, wrong).is).toBe("wrong");
  expect(word().is).toBe("unknown");
});

test("a runner that nobody knows by its words is not asked", () => {
  expect(["make test", "python -m unittest", "npm test", "echo contest"].map(reporterOf)).toEqual([
    null,
    null,
    null,
    null,
  ]);
});

test("the report is asked for where each runner takes it, and a path is one word", () => {
  const asked = (command: string) => {
    const { command: line, env } = reporterFor(command).ask(command, "/t/a b");
    return [line, ...Object.entries(env).map(([name, value]) => `${name}=${value}`)];
  };
  expect(asked("cd py && python -m pytest -q x")).toEqual([
    "cd py && python -m pytest -q x",
    "PYTEST_ADDOPTS=--junitxml='/t/a b'",
  ]);
  expect(asked("bun test ./x")).toEqual(["bun test --reporter=junit --reporter-outfile='/t/a b' ./x"]);
  expect(asked("npx vitest run x")).toEqual(["npx vitest run --reporter=json --outputFile='/t/a b' x"]);
  expect(asked("go test ./x")).toEqual(["go test ./x", "GOFLAGS=-json -count=1"]);
});

test("why it cannot be built is asked of the compiler itself, without what it says to people", () => {
  const asked = (command: string) => reporterFor(command).explain?.ask(command);
  expect(asked("cargo test -q --test a")?.command).toBe(
    "{ cargo test --no-run --no-fail-fast --message-format=json -q --test a\n} 2>/dev/null",
  );
  expect(asked("cd x && go test ./y # z")).toEqual({
    command: "{ cd x && go test ./y # z\n} 2>/dev/null",
    env: { GOFLAGS: "-json -count=1 '-gcflags=-errorurl -e'" },
  });
  expect(asked("pytest a.py")).toBeUndefined();
});

const reporterFor = (command: string): Reporter => {
  const reporter = reporterOf(command);
  if (!reporter) throw new Error(`Nobody runs "${command}"`);
  return reporter;
};

type Told = Partial<Ended> & { report?: string | null };

function told(reporter: Reporter, { exit, report = null, built = null, none = false, absent = null }: Told) {
  const ran = reporter.kind === null || report === null ? null : readReport(reporter.kind, report);
  const { is, code, failed, passed: ok } = rednessOf(reporter, { exit: exit ?? null, ran, none, built, absent });
  return `${is} ${code} ${failed}/${ok}`;
}
