import { z } from "zod";

/** The steps of a run that a hook may stand before or after. */
export const HOOK_NAMES = [
  ...["pre_worktree", "post_worktree", "pre_task", "post_task"],
  ...["pre_gate", "post_gate", "pre_landing", "post_landing"],
] as const satisfies readonly HookName[];
export type HookName = Exclude<keyof LifecycleTable, "timeout_s">;

/** What a person cannot see in a terminal they cannot approve. */
const UNSEEN = /[^\P{C}\n\t]/u;

const command = z
  .string()
  .refine((text) => text.trim() !== "", { error: "it is blank" })
  .refine((text) => !UNSEEN.test(text), { error: "it has control characters" })
  .optional();

/** `[hooks]`: shell commands of the project that run outside of the jail, once a person has approved of these very ones. */
export const LifecycleTable = z.strictObject({
  pre_worktree: command.describe("Before an attempt gets its worktree; a failure ends the attempt"),
  post_worktree: command.describe("When the worktree is there, before setup_cmd; a failure ends the attempt"),
  pre_task: command.describe("After setup_cmd, before the worker begins; a failure ends the attempt"),
  post_task: command.describe("When the attempt's work is kept; a failure is a warning"),
  pre_gate: command.describe("Before the gates that need a checkout; a failure refuses the candidate"),
  post_gate: command.describe("After them, whatever they say; a failure is a warning"),
  pre_landing: command.describe("After all of them have passed; a failure refuses the candidate"),
  post_landing: command.describe("When a task has landed; a failure is a warning"),
  timeout_s: z.int().min(1).max(3600).default(60).describe("Seconds for each hook"),
});
export type LifecycleTable = z.infer<typeof LifecycleTable>;
