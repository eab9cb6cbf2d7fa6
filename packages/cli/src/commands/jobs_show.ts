import { show } from "@dgov/governor/jobs";
import { z } from "zod";
import { defineCommand } from "../command.ts";
import { renderJob } from "../job_text.ts";

export const jobsShow = defineCommand({
  name: "jobs show",
  summary: "Show how a job stands",
  examples: ["dgov jobs show JOB"],
  args: z.strictObject({ job: z.string().describe("Its id") }),
  flags: z.strictObject({}),
  run: async ({ job }, { env }) => show({ env }, job),
  text: renderJob,
});
