import { describe, expect, test } from "bun:test";
import type { MadeCall } from "./stated.ts";
import { oid, sampleOf, task } from "./testing/events.ts";
import { noteStep, type Step, type Watched, watchTests } from "./watched.ts";

const step = (n: number, tool: string, more: Partial<MadeCall> = {}): Step => ({
  attempt: 1,
  call: { n, tool, input: "{}", ok: true, refused_by: null, touched: [], ...more },
});
const tests = (n: number, exit: number | null, more: Partial<MadeCall> = {}) =>
  step(n, "run_tests", { exit, ok: exit === 0, ...more });
const bash = (n: number, more: Partial<MadeCall> = {}) => step(n, "run_bash", { exit: 1, ok: false, ...more });
const edit = (n: number) => step(n, "edit_file", { touched: ["a.py"] });
const part = { input: '{"file":"tests/a.py"}' };

const watched = (n: number): Watched => ({ verdict: "watched", why: null, call: { attempt: 1, n } });
const is = (verdict: Watched["verdict"], why: Watched["why"] = null): Watched => ({ verdict, why, call: null });

describe("D24 whether a task's tests were seen to fail before its work began", () => {
  test.each<[what: string, verdict: Watched, steps: Step[], command?: string]>([
    ["red before the first write", watched(1), [tests(1, 1), edit(2)]],
    ["red, and nothing written yet", watched(2), [step(1, "read_file"), tests(2, 1)]],
    ["red after the first write", is("edited_first"), [edit(1), tests(2, 1)]],
    ["green before, red after", is("edited_first", "green"), [tests(1, 0), edit(2), tests(3, 1)]],
    ["never", is("never_ran"), [edit(1)]],
    ["no call at all", is("never_ran"), []],
    ["refused", is("never_ran"), [tests(1, null, { refused_by: "recipe" }), edit(2)]],
    ["a part that fails", is("edited_first", "partial"), [tests(1, 1, part), edit(2)]],
    ["a part, and then all", watched(2), [tests(1, 1, part), tests(2, 1), edit(3)]],
    ["an input that the log has shortened", is("edited_first", "partial"), [tests(1, 1, { input: '{"f' }), edit(2)]],
    ["a time limit", is("edited_first", "no_exit"), [tests(1, null), edit(2)]],
    ["a log from before statuses were kept", is("edited_first", "no_exit"), [step(1, "run_tests"), edit(2)]],
    ["a program that is missing", is("edited_first", "no_exit"), [tests(1, 127), edit(2)]],
    ["no test at all, says Pytest", is("edited_first", "no_exit"), [tests(1, 5), edit(2)], "uv run pytest -q"],
    ["modules that are not there yet, says Pytest", watched(1), [tests(1, 2), edit(2)], "pytest"],
    ["the same status of another program", watched(1), [tests(1, 5), edit(2)], "make check"],
    ["the very command in a shell", watched(1), [bash(1, { nature: "test" }), edit(2)]],
    ["another command in a shell", is("edited_first"), [bash(1), tests(2, 1)]],
    ["another command alone", is("never_ran"), [bash(1)]],
    ["reading in a shell", watched(2), [bash(1, { nature: "read" }), tests(2, 1)]],
    ["a command that was refused", watched(2), [bash(1, { refused_by: "tool_policy" }), tests(2, 1)]],
    ["a formatter", is("edited_first"), [step(1, "format_file"), tests(2, 1)]],
    ["writes too many to tell", is("edited_first"), [step(1, "put", { touched_more: 3 }), tests(2, 1)]],
    ["green and nothing written", is("unknown", "green"), [tests(1, 0)]],
    ["a program's work", is("unknown"), ["unseen"]],
    ["seen before what is not seen", watched(1), [tests(1, 1), "unseen", edit(2)]],
    ["words about failing", is("edited_first"), [step(1, "run_bash", { ok: true, exit: 0 }), edit(2), tests(3, 1)]],
  ])("%s", (_, verdict, steps, command = "go test ./...") => {
    expect(watchTests(command, steps)).toEqual(verdict);
  });

  const of = sampleOf(task("a"));
  const first = { ...of.task_dispatched, carried_from: null };
  const again = { ...of.task_dispatched, attempt: 2, carried_from: oid("1") };
  const red = { ...of.tool_called, tool: "run_tests", input: "{}", ok: false, exit: 1, touched: [], refused_by: null };
  const wrote = { ...of.tool_called, tool: "edit_file", touched: ["a"], refused_by: null };
  const failed = (cause: "turns" | "lost") => ({ ...of.attempt_failed, cause });

  test.each<[string, Parameters<typeof noteStep>[1][], Watched["verdict"]]>([
    ["an attempt that goes on keeps what the one before saw", [first, red, wrote, failed("turns"), again], "watched"],
    [
      "one that begins afresh sees for itself",
      [first, red, wrote, failed("turns"), { ...first, attempt: 2 }],
      "never_ran",
    ],
    [
      "a call may be missing where an attempt was lost",
      [first, failed("lost"), again, { ...red, attempt: 2 }],
      "unknown",
    ],
    ["work of which nothing is known", [again, { ...red, attempt: 2 }], "unknown"],
    ["a reviewer's runs are not the worker's", [first, { ...red, seat: "one" }, wrote], "never_ran"],
    ["a command-line agent's calls are not seen", [first, of.agent_started, red], "unknown"],
  ])("%s", (_, events, verdict) => {
    const steps = new Map<string, Step[]>();
    for (const event of events) noteStep(steps, event);
    expect(watchTests("t", steps.get(task("a")) ?? []).verdict).toBe(verdict);
  });
});
