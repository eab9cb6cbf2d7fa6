import { cancel } from "@dgov/governor/jobs";
import { z } from "zod";
import { defineCommand } from "../command.ts";

export const jobsCancel = defineCommand({
  name: "jobs cancel",
  summary: "End a job, with every process of it",
  details: "What it has done is kept, and what has landed is on its branch. It can be retried.",
  examples: ["dgov jobs cancel JOB"],
  args: z.strictObject({ job: z.string().describe("Its id") }),
  flags: z.strictObject({
    grace_s: z
      .number()
      .min(0)
      .max(3600)
      .default(30)
      .describe("Seconds in which it may end in order, before it is killed"),
  }),
  run: async ({ job, grace_s }, here) => cancel(here, job, grace_s * 1000),
  text: ({ id, state }) => `${id} is ${state}`,
});
