import { readScopeStatus, type ScopeStatus } from "@dgov/governor/scope_status";
import { z } from "zod";
import { paint, plain } from "../ansi.ts";
import { defineCommand } from "../command.ts";

export const scopeStatus = defineCommand({
  name: "scope status",
  summary: "Compare what is changed in the checkout with what a task may change",
  details:
    "The claims are those of the task in the plan, or those given. Paths are compared; where symbols are claimed,\n" +
    "settlement compares symbols as well. Exits with 1 when settlement would refuse it.\n\n" +
    "Examples:\n" +
    "  dgov scope status --task core/app.one --plan shop\n" +
    "  dgov scope status --task mine --claim src/app.py --read tests/",
  args: z.strictObject({}),
  flags: z.strictObject({
    task: z.string().describe("The task"),
    plan: z.string().optional().describe("Its plan's directory or name; by default that of the last run"),
    claim: z.array(z.string()).default([]).describe("What it may write, in place of a plan"),
    read: z.array(z.string()).default([]).describe("What it may only read"),
  }),
  run: async ({ task, plan, claim, read }, { cwd, env }) =>
    readScopeStatus({ cwd, env }, { task, plan: plan ?? null, claims: claim, reads: read }),
  text: renderScopeStatus,
  exit: ({ blocking_failure }) => (blocking_failure === null ? 0 : 1),
});

/** The lines of dgov 0.8, in its order: the first three always, the others where there is something. */
export function renderScopeStatus(view: ScopeStatus): string {
  const always: [string, readonly string[]][] = [
    ["claimed_writable", view.claimed_writable],
    ["claimed_readonly", view.claimed_readonly],
    ["modified_files", view.modified_files],
  ];
  const some: [string, readonly string[]][] = [
    ["transient_writes", view.transient_write_paths],
    ["ignored_modified", view.ignored_actual_paths],
    ["ignored_transient", view.ignored_transient_paths],
    ["unclaimed_modified", view.unclaimed_actual_paths],
    ["unclaimed_transient", view.unclaimed_transient_paths],
    ["project_denied", view.path_policy_denied_paths],
    ["outside_project_allowlist", view.path_policy_outside_allow_paths],
  ];
  const shown = [...always, ...some.filter(([, paths]) => paths.length > 0)];
  const { blocking_failure: failure } = view;
  const why = failure?.error.split("\n").map(plain).join("\n  ") ?? "";
  return [
    ...shown.map(([name, paths]) => `${name}: ${paths.map(plain).join(", ") || "(none)"}`),
    failure === null ? "blocking: (none)" : `blocking: ${paint("red", failure.verdict)}\n  ${why}`,
  ].join("\n");
}
