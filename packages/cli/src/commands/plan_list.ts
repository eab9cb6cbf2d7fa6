import { DgovError } from "@dgov/governor/error";
import { type PlanRow, readPlanList } from "@dgov/governor/plan_views";
import { PLANS } from "@dgov/governor/root";
import { z } from "zod";
import { paint, plain } from "../ansi.ts";
import { defineCommand } from "../command.ts";
import { columns } from "../print.ts";

export const planList = defineCommand({
  name: "plan list",
  summary: "List the plans, and how far each has come",
  examples: ["dgov plan list --all"],
  args: z.strictObject({}),
  flags: z.strictObject({
    all: z.boolean().default(false).describe("Archived plans, too"),
    archived: z.boolean().default(false).describe("Only archived plans"),
  }),
  async run({ all, archived }, here) {
    if (all && archived)
      throw new DgovError("usage", 'Cannot list plans: "--all" and "--archived" say different things');
    return readPlanList(here, all ? "all" : archived ? "archived" : "active");
  },
  text: renderPlanList,
});

const SIGNS: Readonly<Record<PlanRow["status"], string>> = {
  uncompiled: "?",
  empty: "?",
  compiled: "·",
  in_progress: "▶",
  complete: "✔",
  stale: "↻",
  degraded: "✘",
};

export function renderPlanList(rows: readonly PlanRow[]): string {
  if (rows.length === 0) return 'No plans found. Make one with "dgov init-plan NAME"';
  const section = (title: string, archived: boolean) => {
    const of = rows.filter((row) => row.archived === archived);
    return of.length === 0 ? [] : [`${paint("bold", title)}\n${columns(of.map(cells), "  ")}`];
  };
  return [...section("Plans", false), ...section("Archived plans", true)].join("\n\n");
}

/** Where a plan is that was made for somebody: the name alone does not say it. */
function cells({ name, path, status, deployed, total, run_status }: PlanRow): string[] {
  const run = run_status === null || run_status === "complete" ? "" : `last run: ${run_status}`;
  return [
    SIGNS[status],
    plain(name),
    status.replaceAll("_", " "),
    status === "uncompiled" ? "" : `${deployed}/${total}`,
    run,
    path.startsWith(`${PLANS}/`) ? "" : plain(path),
  ];
}
