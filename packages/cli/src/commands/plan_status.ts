import { type PlanStatus, readPlanStatus } from "@dgov/governor/plan_views";
import { z } from "zod";
import { plain } from "../ansi.ts";
import { defineCommand } from "../command.ts";
import { columns } from "../print.ts";
import { archivedNotes } from "../run_text.ts";

export const planStatus = defineCommand({
  name: "plan status",
  summary: "Show which tasks of a plan have landed, and what blocks the rest",
  examples: ["dgov plan status add-limits --verbose"],
  args: z.strictObject({ plan: z.string().describe("The plan's directory or name") }),
  flags: z.strictObject({ verbose: z.boolean().default(false).describe("List every task") }),
  short: { verbose: "v" },
  run: async ({ plan, verbose }, here) => ({ ...(await readPlanStatus(here, plan)), verbose }),
  notes: (view) => archivedNotes(view),
  text: renderPlanStatus,
});

export function renderPlanStatus(view: PlanStatus & { verbose: boolean }): string {
  const lines = [`Plan: ${plain(view.plan)}  (${view.deployed}/${view.units} deployed, ${view.pending} pending)`];
  if (view.run_status !== null) lines.push(`Last run: ${view.run_status}`);
  if (view.stale) lines.push("The plan's files say something else than what was compiled");
  if (view.next_action !== "") lines.push(`Next: ${view.next_action}`);
  const rows = view.unit_statuses.map((unit) =>
    unit.status === "deployed"
      ? ["✔", unit.unit, unit.sha.slice(0, 7)]
      : ["·", unit.unit, unit.blocked_by.length > 0 ? `after ${unit.blocked_by.join(", ")}` : "can start"],
  );
  if (view.verbose && rows.length > 0) lines.push(columns(rows, "  "));
  return lines.join("\n");
}
