import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { dgov, eventsOf, git, type Place } from "./repo.ts";
import { bash, type Call, done, edit, layTasks, write } from "./scripted.ts";

setDefaultTimeout(120_000); // whole runs, on a machine that may be busy

const open: Place[] = [];
afterEach(() => {
  for (const place of open.splice(0)) place.stop();
});

const tests: Call = { tool: "run_tests", args: {} };
const change = edit("src/a.txt", "alpha", "omega");
const OWN = 'files.edit = ["src/a.txt"]\ntest_cmd = "grep -q omega src/a.txt"';

type Tasks = Parameters<typeof layTasks>[0];

/** A run of these tasks, and what is then said of each. */
function playAll(tasks: Tasks, tables = "") {
  const place = layTasks(tasks, { tables, project: { test_cmd: "true" } });
  open.push(place);
  const run = dgov(place, "run", ".dgov/plans/p");
  const review = JSON.parse(dgov(place, "plan", "review", "p", "--json").stdout);
  return { place, run, units: review.units, replayed: dgov(place, "replay", review.run) };
}

/** The same of one task, with a test command of its own. */
function play(attempts: readonly (readonly Call[])[], tables = "", claims = OWN) {
  const { units, ...played } = playAll({ a: { claims, attempts } }, tables);
  return { ...played, unit: units[0] };
}

const REFUSE = '[settlement]\nunwatched_tests = "refuse"';

test("D24 three verdicts, by the calls of the attempt, and each is derived again by replay", () => {
  const claims = (name: string) => `files.create = ["src/${name}.txt"]\ntest_cmd = "test -f src/${name}.txt"`;
  const words = bash("echo test -f src/never.txt FAILED"); // which are nobody's verdict
  const { place, run, units, replayed } = playAll({
    seen: { claims: claims("seen"), attempts: [[bash("ls src"), tests, write("src/seen.txt", "1\n"), done]] },
    late: { claims: claims("late"), attempts: [[write("src/late.txt", "1\n"), tests, done]] },
    never: { claims: claims("never"), attempts: [[words, write("src/never.txt", "1\n"), done]] },
  });
  expect(units.map(({ watched }: { watched: object }) => watched)).toMatchObject([
    { verdict: "watched", call: { attempt: 1, n: 2 } },
    { verdict: "edited_first", why: null, call: null },
    { verdict: "never_ran" },
  ]);
  expect([run.status, replayed.status]).toEqual([0, 0]); // it is told, and no more
  expect(replayed.stdout).toContain("3  statements and tests weighed");
  expect(run.stderr).toContain("its tests were never run");
  expect(dgov(place, "plan", "review", "p").stdout).toContain("its tests were seen to fail before the first change");
  expect(dgov(place, "report").stdout).toContain("Of its own tests: its tests were never run");
});

test("D24 blocking: refused with a finding, tried afresh, and landed when they were seen to fail", () => {
  const { place, run, unit, replayed } = play(
    [
      [change, done],
      [tests, change, done],
    ],
    REFUSE,
  );
  expect([run.status, unit.status, unit.attempts, replayed.status]).toEqual([0, "deployed", 2, 0]);
  expect(unit.rejections).toMatchObject([{ attempt: 1, gate: "evidence" }]);
  expect(unit.watched).toMatchObject({ verdict: "watched", call: { attempt: 2, n: 1 } });
  expect(git(place, "show", "main:src/a.txt")).toContain("omega");
  const drilled = JSON.parse(dgov(place, "gates", "drill", "--json").stdout);
  const rows = drilled.rows.filter((row: { gate: string }) => row.gate === "evidence");
  expect(rows).toMatchObject([{ result: "fired", said: "tests_unwatched" }]);
});

const AGENT = "[agents.own]\ncommand = ['sh', '-c', 'grep -q omega src/a.txt; echo omega > src/a.txt']";

test("D24 a program's calls are not seen: its verdict is unknown", () => {
  const { run, unit } = play([], AGENT, `agent = "own"\n${OWN}`);
  expect([run.status, unit.watched.verdict]).toEqual([0, "unknown"]);
});

const MADE = 'files.create = ["tests/test_a.py"]\ntest_cmd = "python3 -m pytest -q ./tests/test_a.py::test_a"';
test.each([
  ["a program would do it", "", `agent = "own"\n${OWN}`, 'command-line agent "own"'],
  ["a program may be asked", '[[tiers.escalation]]\nagent = "own"\n', OWN, 'command-line agent "own"'],
  ["pytest is to run what the task makes", "", MADE, '"tests/test_a.py"'],
])("D24 what cannot be kept is refused before anything is begun: %s", (_, tables, claims, why) => {
  const place = layTasks({ a: { claims, attempts: [[change, done]] } }, { tables: `${AGENT}\n${tables}${REFUSE}` });
  open.push(place);
  const asked = (...more: string[]) => dgov(place, "run", ".dgov/plans/p", "--json", ...more);
  for (const { status, stdout } of [asked(), asked("--dry-run")]) {
    const { error } = JSON.parse(stdout);
    expect([status, error.code, error.hint]).toEqual([3, "config_invalid", expect.stringContaining("unwatched_tests")]);
    expect(error.places).toMatchObject([
      { code: "tests_unwatchable", unit: "tasks/main.a", file: ".dgov/project.toml" },
    ]);
    expect(error.places[0].message).toContain(why);
  }
  expect(eventsOf(place)).toEqual([]);
});

test("D24 a program may do what has no tests of its own, and a task may make what others than pytest look for", () => {
  const made = 'files.create = ["src/n.txt"]\ntest_cmd = "test -f src/n.txt"';
  const tasks = {
    a: { claims: 'agent = "own"\nfiles.edit = ["src/a.txt"]', attempts: [[done]] },
    b: { claims: made, attempts: [[tests, write("src/n.txt", "1\n"), done]] },
  };
  expect(playAll(tasks, `${AGENT}\n${REFUSE}`).run).toMatchObject({ status: 0 });
});

test("D24 a task without tests of its own has no verdict, and is refused nothing", () => {
  const { run, unit } = play([[change, done]], REFUSE, 'files.edit = ["src/a.txt"]');
  expect([run.status, unit.watched]).toEqual([0, null]);
});

test("G9 a project may refuse what a worker states and its calls do not show", () => {
  const states: Call = { tool: "done", args: { summary: "All pass", checks: [{ check: "tests" }] } };
  const { run, unit } = play(
    [
      [change, states],
      [tests, states],
    ],
    '[settlement]\nunverified_statements = "refuse"',
  );
  expect([run.status, unit.attempts]).toEqual([0, 2]);
  expect(unit.rejections).toMatchObject([{ gate: "evidence", reason: expect.stringContaining("no run of it") }]);
});
