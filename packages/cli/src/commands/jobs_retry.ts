import { retry } from "@dgov/governor/jobs";
import { z } from "zod";
import { defineCommand } from "../command.ts";

export const jobsRetry = defineCommand({
  name: "jobs retry",
  summary: "Put a job that failed or was cancelled into the queue again",
  details: "It goes on from what has landed, and tries again what failed, as dgov run --continue does.",
  examples: ["dgov jobs retry JOB"],
  args: z.strictObject({ job: z.string().describe("Its id") }),
  flags: z.strictObject({}),
  run: async ({ job }, here) => retry(here, job),
  text: ({ id, state }) => `${id} is ${state}`,
});
