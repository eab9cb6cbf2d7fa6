import { z } from "zod";
import type { Event, EventOf } from "./event.ts";

/**
 * What a worker states of its own work when it ends it: that a check passed, or failed, on what it leaves. Typed fields, and
 * never its words. `command`: what it ran by `run_bash`, for the check `command`; "" for all others.
 */
export const StatedCheck = z.strictObject({
  check: z.enum(["tests", "lint", "types", "command"]),
  command: z.string(),
  outcome: z.enum(["passed", "failed"]),
});
export type StatedCheck = z.infer<typeof StatedCheck>;

/**
 * What the attempt's own tool calls make of a statement. `verified`: its last run of the check ended so, and nothing was
 * written since · `contradicted`: it ended otherwise · `unverified`: nothing shows it, which is what an honest worker may
 * well be, and no reason to believe it.
 *
 * `why`  `no_run` it never ran · `partial` it ran on a part alone · `unknown_input` what it ran on is not in the log
 *        · `changed` a write or a command came after it · `mended` its work was formatted or fixed after it had ended
 * `call` the number of the tool call that was looked at; null: there is none
 */
export const WeighedCheck = z.strictObject({
  ...StatedCheck.shape,
  standing: z.enum(["verified", "unverified", "contradicted"]),
  why: z.enum(["no_run", "partial", "unknown_input", "changed", "mended"]).nullable(),
  call: z.int().min(1).nullable(),
});
export type WeighedCheck = z.infer<typeof WeighedCheck>;

/** Of a tool call, what counts here; numbers rise in the order in which the calls were made. */
export type MadeCall = Pick<
  EventOf<"tool_called">,
  "n" | "tool" | "input" | "ok" | "refused_by" | "touched" | "touched_more" | "exit" | "nature"
>;

/** Keeps the calls of each task's attempt, without their answers: those of reviewers and of earlier attempts are no proof. */
export function noteCall(calls: Map<string, MadeCall[]>, event: Event): void {
  if (event.kind === "task_dispatched") calls.delete(event.task);
  if (event.kind !== "tool_called" || event.seat !== undefined) return;
  const { text: _, ...call } = event;
  const made = calls.get(event.task) ?? [];
  made.push(call);
  calls.set(event.task, made);
}

/** The tool by which a worker runs each check. */
export const CHECK_TOOLS: Readonly<Record<StatedCheck["check"], string>> = {
  tests: "run_tests",
  lint: "lint_check",
  types: "type_check",
  command: "run_bash",
};

/** Tools that run a program which may write whatever the task may; what they wrote is not in the log. */
export const MAY_WRITE: ReadonlySet<string> = new Set(["run_bash", "format_file", "lint_fix"]);

/** @param calls of the attempt's worker, in order. @param mended whether the tree that is judged is another than it left */
export const weighChecks = (
  stated: readonly StatedCheck[],
  calls: readonly MadeCall[],
  mended: boolean,
): WeighedCheck[] => stated.map((one) => ({ ...one, ...weigh(one, calls, mended) }));

type Weight = Pick<WeighedCheck, "standing" | "why" | "call">;

function weigh(stated: StatedCheck, calls: readonly MadeCall[], mended: boolean): Weight {
  const of = calls.filter((call) => isRun(stated, call));
  const last = of.findLast(isWhole) ?? of.at(-1);
  if (!last) return { standing: "unverified", why: "no_run", call: null };
  const unverified = (why: WeighedCheck["why"]): Weight => ({ standing: "unverified", why, call: last.n });
  if (!isWhole(last)) return unverified(inputOf(last) === null ? "unknown_input" : "partial");
  if (calls.some((call) => call.n > last.n && mayHaveWritten(call)) || hasWritten(last)) return unverified("changed");
  if (mended) return unverified("mended");
  const passed = last.ok ? "passed" : "failed";
  return { standing: passed === stated.outcome ? "verified" : "contradicted", why: null, call: last.n };
}

/** What was refused has not run. A command whose changes were put back has. */
export const hasRun = ({ refused_by }: MadeCall) => refused_by === null || refused_by === "claim";

/** Of a command: the very command, or one of which the log does not have all. */
function isRun({ check, command }: StatedCheck, call: MadeCall): boolean {
  if (call.tool !== CHECK_TOOLS[check] || !hasRun(call)) return false;
  const input = check === "command" ? inputOf(call) : null;
  return input === null || input.cmd?.trim() === command.trim();
}

/** All that the task has, and no file or test alone. */
export function isWhole(call: MadeCall): boolean {
  const input = inputOf(call);
  return input !== null && (input.file ?? "") === "";
}

const hasWritten = ({ touched, touched_more = 0 }: MadeCall) => touched.length + touched_more > 0;

export const mayHaveWritten = (call: MadeCall): boolean =>
  hasWritten(call) || (MAY_WRITE.has(call.tool) && hasRun(call));

const Input = z.looseObject({ cmd: z.string().optional(), file: z.string().optional() });

/** @returns null where the log has it shortened, or it never was JSON */
function inputOf({ input }: MadeCall): z.infer<typeof Input> | null {
  try {
    return Input.safeParse(JSON.parse(input === "" ? "{}" : input)).data ?? null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
