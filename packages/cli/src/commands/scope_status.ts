import { type LookedAt, readScopeStatus, type ScopeStatus, type TouchedSymbol } from "@dgov/governor/scope_status";
import { z } from "zod";
import { paint, plain } from "../ansi.ts";
import { defineCommand } from "../command.ts";

export const scopeStatus = defineCommand({
  name: "scope status",
  summary: "Compare what a task has changed with what it may change, in files and in symbols",
  details:
    "Looks at the task's own work in the last run of its plan: in its worktree while it is at work, then as it was kept;\n" +
    "where it has none, with claims given, or with --checkout, at the working tree. Judges as settlement does, and exits\n" +
    "with 1 when settlement would refuse it for its claims; gates and rules are not asked.",
  examples: [
    "dgov scope status --task tasks/main.limiter --plan add-limits",
    "dgov scope status --task mine --claim src/server.py::handle --read tests/",
  ],
  args: z.strictObject({}),
  flags: z.strictObject({
    task: z.string().describe("The task"),
    plan: z.string().optional().describe("Its plan's directory or name; by default that of the last run"),
    claim: z.array(z.string()).default([]).describe("What it may write, in place of a plan"),
    read: z.array(z.string()).default([]).describe("What it may only read"),
    pane: z.string().optional().describe("Accepted for old scripts: a task's work is found by its name"),
    checkout: z.boolean().default(false).describe("Look at the working tree, also when the task has work of its own"),
  }),
  run: async ({ task, plan, claim, read, checkout }, here) =>
    readScopeStatus(here, { task, plan: plan ?? null, claims: claim, reads: read, checkout }),
  text: renderScopeStatus,
  exit: ({ blocking_failure }) => (blocking_failure === null ? 0 : 1),
});

/**
 * The lines of dgov 0.8, in its order: the first three always, the others where there is something. Before them what was
 * looked at, unless it is the checkout as in 0.8; the symbols before the verdict.
 */
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
    ...lookedAt(view.looked_at),
    ...shown.map(([name, paths]) => `${name}: ${paths.map(plain).join(", ") || "(none)"}`),
    ...(view.symbols.length === 0 ? [] : ["symbols_touched:", ...view.symbols.map(symbolLine)]),
    ...view.symbols_unknown.map(({ path, why }) => `symbols_unknown: ${plain(path)}: ${plain(why)}`),
    failure === null ? "blocking: (none)" : `blocking: ${paint("red", failure.verdict)}\n  ${why}`,
  ].join("\n");
}

function lookedAt({ what, where, attempt }: LookedAt): string[] {
  if (what === "checkout") return [];
  const of = what === "kept" ? `commit ${where.slice(0, 8)}` : `worktree ${plain(where)}`;
  return [`looked_at: ${of}, attempt ${attempt}${what === "kept" ? "" : ", not ended"}`];
}

function symbolLine({ path, symbol, did, edited, line, claims }: TouchedSymbol): string {
  const how = edited.length > 0 && did === "edited" ? `${did} (${edited.join(", ")})` : did;
  const under =
    claims.length === 0 ? paint("red", "not claimed") : `claimed by ${claims.map((claim) => plain(claim)).join(", ")}`;
  return `  ${plain(path)}:${line} ${plain(symbol)}  ${how}, ${under}`;
}
