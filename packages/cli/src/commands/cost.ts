import { COST_KEYS, type Cost, type CostEstimate, estimatePlan, readCost } from "@dgov/governor/cost";
import { DgovError } from "@dgov/governor/error";
import { z } from "zod";
import { defineCommand } from "../command.ts";
import { renderCost, renderEstimate } from "../cost_text.ts";

type View = { kind: "run"; cost: Cost | null } | { kind: "plan"; estimate: CostEstimate };

export const cost = defineCommand({
  name: "cost",
  summary: "Show what a run has cost, or with --plan what a plan is likely to cost",
  details:
    "By the log alone. Money is in millionths of the project's currency in JSON; a model without a price is unpriced, never free.",
  examples: ["dgov cost --by model", "dgov cost --plan add-limits"],
  args: z.strictObject({ run: z.string().optional().describe("A run; default: the last one") }),
  flags: z.strictObject({
    by: z.enum(COST_KEYS).default("task").describe("What the calls are summed by"),
    profile: z.string().optional().describe("With --plan: as [profiles.NAME] would have it done"),
    plan: z.string().optional().describe("Estimate this plan, by what tasks like its own have used before"),
  }),
  async run({ run = null, by, plan, profile = null }, here): Promise<View> {
    if (plan === undefined && profile !== null)
      throw new DgovError("usage", `Cannot tell what "${profile}" cost: a profile is for an estimate; add --plan PLAN`);
    if (plan !== undefined) return { kind: "plan", estimate: await estimatePlan(here, plan, { only: null, profile }) };
    return { kind: "run", cost: await readCost(here.cwd, run, by) };
  },
  text: (view) => (view.kind === "plan" ? renderEstimate(view.estimate) : renderCost(view.cost)),
});
