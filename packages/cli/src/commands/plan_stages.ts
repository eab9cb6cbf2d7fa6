import { planStages as look } from "@dgov/governor/tests_first";
import { z } from "zod";
import { defineCommand } from "../command.ts";
import { renderStages } from "../stages_text.ts";

export const planStages = defineCommand({
  name: "plan stages",
  summary: "Show how far a plan by tests-first has come, and what comes next",
  details:
    "The spec and who approved it, each frozen test and whether it is red, and who approved the plan: docs/tests-first.md.",
  examples: ["dgov plan stages quoting"],
  args: z.strictObject({ plan: z.string().describe("The plan's directory or name") }),
  flags: z.strictObject({}),
  run: async ({ plan }, here) => look(here, plan),
  text: renderStages,
});
