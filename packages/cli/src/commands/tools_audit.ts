import { resolve } from "node:path";
import { counted } from "@dgov/governor/counted";
import { auditTools, ROLES, type ToolsAudit } from "@dgov/governor/tools_audit";
import { z } from "zod";
import { paint, plain } from "../ansi.ts";
import { defineCommand } from "../command.ts";
import { columns } from "../print.ts";

export const toolsAudit = defineCommand({
  name: "tools audit",
  summary: "Show which tools workers are offered, how they were used, and which rule refused them",
  details: 'Counts all runs of the log. To ask about one call without a run: "dgov sandbox explain".',
  examples: ["dgov tools audit --limit 10"],
  args: z.strictObject({}),
  flags: z.strictObject({
    plan: z.string().optional().describe("Only runs of the plan of this name"),
    role: z.enum(ROLES).optional().describe("Only tasks of this role"),
    limit: z.int().min(1).optional().describe("Only so many rows; the totals stay"),
    root: z.string().default(".").describe("The repository"),
  }),
  short: { root: "r" },
  run: async ({ plan = null, role = null, limit = null, root }, { cwd }) =>
    auditTools({ cwd: resolve(cwd, root) }, { plan, role, limit }),
  text: renderAudit,
});

export function renderAudit(view: ToolsAudit): string {
  const { tools, total_calls, total_failures, never_called } = view;
  const unused = never_called.length === 0 ? [] : [`Never called: ${never_called.map(plain).join(", ")}`];
  if (total_calls === 0) return ["No worker tool-call events found.", ...unused].join("\n");
  const head = ["tool", "calls", "failed", "refused", "ms", "why"].map((title) => paint("dim", title));
  const rows = tools.map(({ tool, calls, failures, policy_failures, average_duration_ms, error_kinds }) => [
    plain(tool),
    String(calls),
    String(failures),
    String(policy_failures),
    String(average_duration_ms),
    Object.entries(error_kinds)
      .map(([kind, times]) => `${plain(kind)} ${times}`)
      .join(", "),
  ]);
  return [columns([head, ...rows]), `${counted(total_calls, "call")}, ${total_failures} failed`, ...unused].join("\n");
}
