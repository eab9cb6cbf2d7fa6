import { sayMoney } from "@dgov/governor/money";
import { explainRoutes, type RoutedTask, type RouteView } from "@dgov/governor/route";
import { z } from "zod";
import { plain } from "../ansi.ts";
import { defineCommand } from "../command.ts";
import { columns } from "../print.ts";

export const routeExplain = defineCommand({
  name: "route explain",
  summary: "Say to whom the tasks of a plan go, by which rule of [routing], and what that is reckoned to cost",
  details:
    "By the plan and the project's tables alone: the same tables give the same answer. A model without a price is unpriced,\n" +
    "and never the cheapest.",
  examples: ["dgov route explain add-limits", "dgov route explain add-limits --profile cheap"],
  args: z.strictObject({ plan: z.string().describe("The plan's directory or name") }),
  flags: z.strictObject({ profile: z.string().optional().describe("As [profiles.NAME] would have it") }),
  run: async ({ plan, profile = null }, here) => explainRoutes(here, plan, profile),
  text: renderRoutes,
});

export function renderRoutes({ plan, currency, usage, tasks }: RouteView): string {
  const lines = [`Plan "${plain(plan)}": who does what`];
  for (const task of tasks) {
    const ladder = task.ladder.length > 0 ? `, then ${task.ladder.map(plain).join(", ")}` : "";
    lines.push(`  ${task.task}  ${plain(task.task_kind)}  →  ${plain(task.model)}${ladder}`, `    ${because(task)}`);
    if (task.candidates.length < 2) continue;
    const rows = task.candidates.map(({ model, cost_micros }) => [
      model === task.model ? "→" : " ",
      plain(model),
      cost_micros === null ? "unpriced" : sayMoney(cost_micros, currency),
    ]);
    lines.push(columns(rows, "      "));
  }
  const compared = tasks.some(({ candidates }) => candidates.length > 1);
  const { input, cached, output } = usage;
  if (compared)
    lines.push(`Prices are compared for ${input} input tokens (${cached} cached) and ${output} output tokens a task`);
  return lines.join("\n");
}

function because({ by, rule, why, candidates }: RoutedTask): string {
  switch (by) {
    case "task":
      return "the task says so itself";
    case "profile":
      return "no rule fits; the profile's word";
    case "plan":
      return "no rule fits; the plan's default";
    case "project":
      return "no rule fits; the project's default";
    case "rule":
      return `rule "${rule}": ${why === "only" ? "its only candidate" : why === "cheapest" ? `the least price of ${candidates.length}` : `none of its ${candidates.length} has a price, so the first`}`;
  }
}
