import { run } from "@dgov/governor/jobs_run";
import { z } from "zod";
import { defineCommand } from "../command.ts";
import { renderJob } from "../job_text.ts";
import { worldOf } from "../world.ts";
import { show } from "./run.ts";

export const jobsRun = defineCommand({
  name: "jobs run",
  summary: "Run one queued job here and now, without a server",
  details: "Exit status 1 when not all of it has landed, 130 when it was stopped: then it is queued again.",
  examples: ["dgov jobs run JOB"],
  args: z.strictObject({ job: z.string().describe("Its id") }),
  flags: z.strictObject({}),
  async run({ job }, here) {
    const live = show(here, "milestone");
    try {
      return await run({ ...worldOf(here), notify: live.event }, job);
    } finally {
      live.end();
    }
  },
  text: renderJob,
  exit: ({ state }) => (state === "succeeded" ? 0 : state === "queued" || state === "cancelled" ? 130 : 1),
});
