import { continuePlan } from "@dgov/governor/tests_first";
import { z } from "zod";
import { defineCommand } from "../command.ts";
import { exitOf, renderStages } from "../stages_text.ts";
import { worldOf } from "../world.ts";

export const planContinue = defineCommand({
  name: "plan continue",
  summary: "Take the next steps of a plan by tests-first, as far as no person is needed",
  details:
    "Has tests written where [tiers] test_author says by whom, freezes those that are committed, runs them in the jail, as they\n" +
    "must be red, and stops where somebody has to approve.\n" +
    "Each step is kept as it is done: whoever was stopped goes on from there. Exit status 1 when a step fails.",
  examples: ["dgov plan continue quoting"],
  args: z.strictObject({ plan: z.string().describe("The plan's directory or name") }),
  flags: z.strictObject({
    auto: z.boolean().default(false).describe("Approve in a person's place; the record says that nobody looked"),
    critic: z
      .boolean()
      .default(false)
      .describe("Ask the reviewer of [tiers] to approve, or to say what stands against it"),
  }),
  run: async ({ plan, auto, critic }, here) => {
    const nobody = { by: "automatic", name: "dgov plan continue --auto" } as const;
    return continuePlan({ ...worldOf(here), cwd: here.cwd, notify() {} }, plan, {
      auto: critic ? "critic" : auto ? nobody : null,
      told: here.stderr,
    });
  },
  text: renderStages,
  exit: (view) => exitOf(view), // by name it would narrow the type of the view
});
