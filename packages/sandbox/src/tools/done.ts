import { z } from "zod";
import { defineTool } from "../tool.ts";
import description from "./done.txt" with { type: "text" };

/** What a worker states of what it leaves: it is compared with what it ran, and nothing is taken for granted. */
export const StatedChecks = z
  .array(
    z.strictObject({
      check: z.enum(["tests", "lint", "types", "command"]),
      command: z.string().max(1_000).default("").describe("Of a command: the very command that you gave to run_bash"),
      outcome: z.enum(["passed", "failed"]).default("passed"),
    }),
  )
  .max(20)
  .default([]);
export type StatedCheck = z.infer<typeof StatedChecks>[number];

export const done = defineTool({
  name: "done",
  description,
  input: z.strictObject({
    summary: z.string().trim().min(1).describe("What was done, and what was not, in a few sentences"),
    outcome: z
      .enum(["done", "incomplete", "blocked"])
      .default("done")
      .describe("incomplete: work remains; blocked: it cannot be done as ordered, and the summary says why"),
    checks: StatedChecks.describe("What you ran last, after your last change, and how it ended; state nothing else"),
  }),
  access: () => [],

  async run({ summary, outcome }) {
    return { ok: true, text: `Ended: ${outcome}`, ended: { outcome, summary } };
  },
});
