import { z } from "zod";
import { defineTool } from "../tool.ts";
import description from "./done.txt" with { type: "text" };

export const done = defineTool({
  name: "done",
  description,
  input: z.strictObject({
    summary: z.string().trim().min(1).describe("What was done, and what was not, in a few sentences"),
    outcome: z
      .enum(["done", "incomplete", "blocked"])
      .default("done")
      .describe("incomplete: work remains; blocked: it cannot be done as ordered, and the summary says why"),
  }),
  access: () => [],

  async run({ summary, outcome }) {
    return { ok: true, text: `Ended: ${outcome}`, ended: { outcome, summary } };
  },
});
