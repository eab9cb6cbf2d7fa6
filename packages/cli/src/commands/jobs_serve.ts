import { counted } from "@dgov/governor/counted";
import { serveJobs } from "@dgov/governor/jobs_run";
import { z } from "zod";
import { plain } from "../ansi.ts";
import { defineCommand } from "../command.ts";

export const jobsServe = defineCommand({
  name: "jobs serve",
  summary: "Run what is in the queue until Ctrl-C, each job in a process of its own",
  details:
    "Ctrl-C or SIGTERM stops the jobs that it has begun; their work is kept, and they go on when somebody serves again. When it is killed its jobs go on, and the next server takes them as they are.",
  examples: ["dgov jobs serve --drain"],
  args: z.strictObject({}),
  flags: z.strictObject({
    capacity: z.int().min(1).max(64).default(2).describe("How many jobs run at once"),
    drain: z.boolean().default(false).describe("End when there is nothing left to do"),
  }),
  short: { capacity: "c" },
  run: ({ capacity, drain }, here) => serveJobs(here, { capacity, drain, told: (line) => here.stderr(plain(line)) }),
  text: ({ begun }) => `${counted(begun, "job")} begun`,
});
