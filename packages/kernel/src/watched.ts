import { z } from "zod";
import type { Cause } from "./cause.ts";
import type { Event } from "./event.ts";
import { hasRun, isWhole, type MadeCall, mayHaveWritten } from "./stated.ts";

/**
 * Whether a worker has seen its task's own tests fail before it began: a test that nobody saw red may be green whatever is done.
 *
 * `verdict` `watched` all its tests ran and failed before the first write · `edited_first` it wrote something, or may have,
 *           before that · `never_ran` they never ran · `unknown` its calls are not seen, or not all of them
 * `why`     what was seen of them before the first write instead: `green` they passed · `partial` a part of them ran · `no_exit`
 *           they came to no verdict of their own: a time limit, a missing program, no test at all; null: nothing was
 * `call`    the run that was watched, by its attempt and its number; null: there is none
 */
export const Watched = z.strictObject({
  verdict: z.enum(["watched", "edited_first", "never_ran", "unknown"]),
  why: z.enum(["green", "partial", "no_exit"]).nullable(),
  call: z.strictObject({ attempt: z.int().min(1), n: z.int().min(1) }).nullable(),
});
export type Watched = z.infer<typeof Watched>;

/** A call of a task's worker; `unseen`: from here on something may have been written of which there is no call. */
export type Step = { attempt: number; call: MadeCall } | "unseen";

/** Causes after which an attempt's last call may be missing from the log. */
const CUT_SHORT: ReadonlySet<Cause> = new Set(["lost", "interrupted", "error", "timeout", "budget"]);

/** Keeps what led to each task's work, over all attempts that went on from one another. */
export function noteStep(steps: Map<string, Step[]>, event: Event): void {
  if (event.kind === "task_dispatched") {
    const before = steps.get(event.task);
    const carried = event.carried_from === null ? [] : (before ?? ["unseen"]);
    steps.set(event.task, carried);
  }
  if (event.kind === "agent_started" && event.seat === undefined) push(steps, event.task, "unseen");
  if (event.kind === "attempt_failed" && CUT_SHORT.has(event.cause)) push(steps, event.task, "unseen");
  if (event.kind !== "tool_called" || event.seat !== undefined) return;
  const { text: _, attempt, ...call } = event;
  push(steps, event.task, { attempt, call });
}

const push = (steps: Map<string, Step[]>, task: string, step: Step) =>
  steps.set(task, [...(steps.get(task) ?? []), step]);

/**
 * Reads the steps of a task up to its first write.
 *
 * @param command the task's own test command: which statuses are a failing test depends on whose they are
 */
export function watchTests(command: string, steps: readonly Step[]): Watched {
  let why: Watched["why"] = null;
  for (const step of steps) {
    if (step === "unseen") return { verdict: "unknown", why, call: null };
    const seen = seenOf(command, step.call);
    if (seen === "red") return { verdict: "watched", why: null, call: { attempt: step.attempt, n: step.call.n } };
    if (seen === "wrote") return { verdict: hasEverRun(steps) ? "edited_first" : "never_ran", why, call: null };
    why = seen ?? why;
  }
  return { verdict: why === null ? "never_ran" : "unknown", why, call: null };
}

const hasEverRun = (steps: readonly Step[]): boolean => steps.some((step) => step !== "unseen" && isRun(step.call));

function seenOf(command: string, call: MadeCall): "red" | "wrote" | NonNullable<Watched["why"]> | null {
  if (!isRun(call)) return isWriting(call) ? "wrote" : null;
  if (call.tool === RUN_TESTS && !isWhole(call)) return "partial";
  if (call.exit === 0) return "green";
  return isRed(command, call.exit ?? null) ? "red" : "no_exit";
}

const RUN_TESTS = "run_tests";

/** Through its tool, or as a command whose parsed words are those of the test command. */
const isRun = (call: MadeCall): boolean =>
  hasRun(call) && (call.tool === RUN_TESTS || (call.tool === "run_bash" && call.nature === "test"));

/** A script is told by the calls that it made, which follow it. */
function isWriting(call: MadeCall): boolean {
  if (call.tool === "run_bash" && call.nature === "read") return false;
  return mayHaveWritten(call);
}

/** Statuses of a shell that could not start a program are no test that fails, and neither is a runner without one to run. */
function isRed(command: string, exit: number | null): boolean {
  if (exit === null || exit === 0 || exit >= NOT_STARTED) return false;
  return !(/\bpy\.?test\b/.test(command) && exit >= PYTEST_OWN_FAULT);
}

const NOT_STARTED = 126;
/** From here on Pytest tells of itself: 3 it broke, 4 it was called wrongly, 5 there is no test. */
const PYTEST_OWN_FAULT = 3;
