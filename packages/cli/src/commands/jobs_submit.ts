import { submit } from "@dgov/governor/jobs";
import { z } from "zod";
import { plain } from "../ansi.ts";
import { defineCommand } from "../command.ts";

export const jobsSubmit = defineCommand({
  name: "jobs submit",
  summary: "Put a plan into the queue, to be run from the commit that is checked out now",
  details:
    "The job runs when a server has room for it (dgov jobs serve), in a repository of its own that borrows this one's objects, and what lands comes back as the branch dgov/jobs/ID. With --key it is put there once: the same key with the same plan and configuration gives the same job, with anything else exit status 6.",
  examples: ["dgov jobs submit add-limits --key release-7"],
  args: z.strictObject({ plan: z.string().describe("The plan's directory") }),
  flags: z.strictObject({
    key: z
      .string()
      .regex(/^[\x21-\x7e]{1,200}$/, { error: "it must be 1 to 200 letters, digits and signs, without a space" })
      .optional()
      .describe("Names this submission, so that it is made once however often it is sent"),
    only: z.array(z.string()).default([]).describe("Run this task and what it depends on"),
    jobs: z.int().min(1).optional().describe("How many tasks are worked on at once"),
    continue: z.boolean().default(false).describe("Keep what has landed of the plan before, and do the rest"),
  }),
  short: { key: "k", jobs: "j" },
  run: ({ plan, key, only, jobs, continue: rest }, here) =>
    submit(here, { plan, key: key ?? null, only, jobs: jobs ?? null, mode: rest ? "continue" : "go" }),
  text: ({ id, state, created, from }) =>
    created ? `${id} is queued: "${plain(from.plan)}"` : `${id} was submitted before, and is ${state}`,
});
