import { afterEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { CHECK_TOOLS, MAY_WRITE } from "../packages/kernel/src/stated.ts";
import { toolNamed } from "../packages/sandbox/src/registry.ts";
import { dgov, git, type Place } from "./repo.ts";
import { bash, type Call, edit, layTasks } from "./scripted.ts";

setDefaultTimeout(120_000); // whole runs, on a machine that may be busy

const open: Place[] = [];
afterEach(() => {
  for (const place of open.splice(0)) place.stop();
});

const tests: Call = { tool: "run_tests", args: {} };
const ended = (...checks: object[]): Call => ({
  tool: "done",
  args: { summary: "All tests pass, lint is clean", checks },
});

/** A run of one task that edits a file, makes these calls and ends; and what is then said of it. */
function play(...calls: Call[]) {
  const place = layTasks(
    { a: { attempts: [[edit("src/a.txt", "alpha", "omega"), ...calls]] } },
    { project: { test_cmd: "grep -q omega src/a.txt" } },
  );
  open.push(place);
  const run = dgov(place, "run", ".dgov/plans/p");
  const review = JSON.parse(dgov(place, "plan", "review", "p", "--json").stdout);
  const message = git(place, "log", "-1", "--format=%B");
  return { place, run, review, stated: review.units[0].stated, message };
}

describe("G9 what a worker states is compared with what it ran", () => {
  test('"tests pass" without a run of them is unverified, wherever it is told', () => {
    const { place, run, review, stated, message } = play(ended({ check: "tests" }));
    expect(run.status).toBe(0); // the gates have judged the work, and not its words
    expect(stated).toMatchObject([{ check: "tests", outcome: "passed", standing: "unverified", why: "no_run" }]);
    expect(dgov(place, "plan", "review", "p").stdout).toContain("states: tests passed (unverified: no run of it)");
    expect(run.stderr).toContain("states tests passed (unverified: no run of it)");
    expect(message).toContain("Dgov-Unverified: tests passed\n");
    expect(dgov(place, "status").stdout).toContain("not shown: tasks/main.a states tests passed (unverified");
    const { status, stdout } = dgov(place, "replay", review.run);
    expect({ status, stdout }).toEqual({
      status: 0,
      stdout: expect.stringContaining("1  statements and tests weighed"),
    });
  });

  test("with a run after the last change it is verified, and a red one contradicts it", () => {
    const good = play(tests, ended({ check: "tests" }));
    expect(good.stated).toMatchObject([{ standing: "verified", why: null, call: 2 }]);
    expect(good.message).not.toContain("Dgov-Unverified");
    expect(dgov(good.place, "status").stdout).not.toContain("not shown");
    const bad = play(bash("false"), ended({ check: "command", command: "false" }, { check: "lint" }));
    expect(bad.stated).toMatchObject([
      { command: "false", standing: "contradicted" },
      { check: "lint", why: "no_run" },
    ]);
    expect(bad.message).toContain("Dgov-Unverified: command passed, lint passed\n");
  });

  test("words are no statement, whatever they say", () => {
    const { stated, message, review } = play(tests, ended());
    expect(stated).toEqual([]);
    expect(message).not.toContain("Dgov-Unverified");
    expect(review.units[0].done_summary).toBe("All tests pass, lint is clean");
  });

  test("a statement with a field too many is no statement: the worker is told, and states again", () => {
    const { stated } = play(
      { tool: "done", args: { summary: "x", checks: [{ check: "tests", standing: "verified" }] } },
      ended({ check: "tests" }),
    );
    expect(stated).toMatchObject([{ standing: "unverified" }]);
  });
});

test("the tools that the kernel knows by name are there", () => {
  for (const name of [...Object.values(CHECK_TOOLS), ...MAY_WRITE]) expect(toolNamed(name)?.name).toBe(name);
});
