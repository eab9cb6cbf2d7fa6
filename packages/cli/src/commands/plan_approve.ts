import { approvePlan } from "@dgov/governor/tests_first";
import { z } from "zod";
import { defineCommand } from "../command.ts";
import { renderStages } from "../stages_text.ts";

export const planApprove = defineCommand({
  name: "plan approve",
  summary: "Approve the spec of a plan by tests-first, or the plan with its frozen tests",
  details:
    "What is approved is the very bytes that are there now: a spec, a plan or a test that is changed afterwards has to be\n" +
    "approved anew. Exit status 1 when something else comes first, or the spec says nothing under one of its headings.",
  examples: ["dgov plan approve quoting spec --name Ada"],
  args: z.strictObject({
    plan: z.string().describe("The plan's directory or name"),
    what: z.enum(["spec", "plan"]).describe("What is approved"),
  }),
  flags: z.strictObject({
    name: z.string().optional().describe("Who approves [default: user.email of git]"),
  }),
  run: async ({ plan, what, name }, here) => approvePlan(here, plan, { what, name: name ?? null }),
  text: renderStages,
});
