import { describe, expect, test } from "bun:test";
import { type MadeCall, noteCall, type StatedCheck, type WeighedCheck, weighChecks } from "./stated.ts";
import { sampleOf, task } from "./testing/events.ts";

const call = (n: number, tool: string, more: Partial<MadeCall> = {}): MadeCall => ({
  ...{ n, tool, input: "{}", ok: true, refused_by: null, touched: [] },
  ...more,
});
const tests = (n: number, more: Partial<MadeCall> = {}) => call(n, "run_tests", more);
const bash = (n: number, cmd: string, more: Partial<MadeCall> = {}) =>
  call(n, "run_bash", { input: JSON.stringify({ cmd }), ...more });
const edit = (n: number, more: Partial<MadeCall> = {}) => call(n, "edit_file", { touched: ["src/a.py"], ...more });

const PASSED: StatedCheck = { check: "tests", command: "", outcome: "passed" };
const command = (text: string): StatedCheck => ({ check: "command", command: text, outcome: "passed" });
type Weight = Pick<WeighedCheck, "standing" | "why" | "call">;
const is = (standing: Weight["standing"], why: Weight["why"] = null, of: number | null = null): Weight => ({
  ...{ standing, why, call: of },
});

describe("G9 a worker's statement is worth what its own calls show", () => {
  test.each<[what: string, weight: Weight, calls: MadeCall[], stated?: StatedCheck]>([
    ["no run", is("unverified", "no_run"), [edit(1)]],
    ["a run after the last write", is("verified", null, 2), [edit(1), tests(2)]],
    ["a red run", is("contradicted", null, 2), [edit(1), tests(2, { ok: false })]],
    ["an honest red run", is("verified", null, 1), [tests(1, { ok: false })], { ...PASSED, outcome: "failed" }],
    ["a green run called red", is("contradicted", null, 1), [tests(1)], { ...PASSED, outcome: "failed" }],
    ["the last run counts", is("verified", null, 3), [tests(1, { ok: false }), edit(2), tests(3)]],
    ["a write since", is("unverified", "changed", 1), [tests(1), edit(2)]],
    ["a write since, too long to tell", is("unverified", "changed", 1), [tests(1), call(2, "x", { touched_more: 1 })]],
    ["a run that wrote itself", is("unverified", "changed", 1), [tests(1, { touched: ["a"] })]],
    ["a command since", is("unverified", "changed", 1), [tests(1), bash(2, "true")]],
    [
      "a command since, with what it may not put back",
      is("unverified", "changed", 1),
      [tests(1), bash(2, "x", { refused_by: "claim" })],
    ],
    ["a formatter since", is("unverified", "changed", 1), [tests(1), call(2, "format_file", { ok: false })]],
    ["a refused command since", is("verified", null, 1), [tests(1), bash(2, "rm x", { refused_by: "tool_policy" })]],
    ["reading since", is("verified", null, 1), [tests(1), call(2, "git_diff"), call(3, "lint_check")]],
    ["a part", is("unverified", "partial", 1), [tests(1, { input: '{"file":"tests/a.py"}' })]],
    ["all, and then a part", is("verified", null, 1), [tests(1), tests(2, { input: '{"file":"tests/a.py"}' })]],
    ["all, named as nothing", is("verified", null, 1), [tests(1, { input: '{"file":""}' })]],
    ["an input that the log has shortened", is("unverified", "unknown_input", 1), [tests(1, { input: '{"fi' })]],
    ["a run that was refused", is("unverified", "no_run"), [tests(1, { ok: false, refused_by: "role" })]],
    [
      "a check that the project does not have",
      is("unverified", "no_run"),
      [call(1, "type_check", { refused_by: "recipe" })],
      { ...PASSED, check: "types" },
    ],
    ["tests by another way", is("unverified", "no_run"), [bash(1, "pytest")]],
    ["the very command", is("verified", null, 1), [bash(1, " pytest -q\n")], command("pytest -q")],
    ["another command", is("unverified", "no_run"), [bash(1, "pytest -q || true")], command("pytest -q")],
    [
      "a command before the last one",
      is("unverified", "changed", 1),
      [bash(1, "pytest"), bash(2, "ls")],
      command("pytest"),
    ],
  ])("%s", (_, weight, calls, stated = PASSED) => {
    expect(weighChecks([stated], calls, false)).toEqual([{ ...stated, ...weight }]);
  });

  test("what was mended after it had ended is another tree than it tested", () => {
    expect(weighChecks([PASSED], [tests(1)], true)).toMatchObject([{ standing: "unverified", why: "mended" }]);
  });

  test("calls of a reviewer, and those of an attempt before, prove nothing", () => {
    const sample = sampleOf(task("a"));
    const made = { ...sample.tool_called, tool: "run_tests", input: "{}", ok: true, refused_by: null };
    const calls = new Map<string, MadeCall[]>();
    noteCall(calls, made);
    noteCall(calls, { ...made, n: 2, seat: "one" });
    expect(calls.get(made.task)).toHaveLength(1);
    noteCall(calls, sample.task_dispatched);
    expect(calls.get(made.task)).toBeUndefined();
  });
});
