import { list } from "@dgov/governor/jobs";
import { z } from "zod";
import { plain } from "../ansi.ts";
import { defineCommand } from "../command.ts";
import { columns } from "../print.ts";

export const jobsList = defineCommand({
  name: "jobs list",
  summary: "List your jobs, newest first",
  examples: ["dgov jobs list"],
  args: z.strictObject({}),
  flags: z.strictObject({ all: z.boolean().default(false).describe("Also those that were pruned") }),
  short: { all: "a" },
  run: async ({ all }, { env }) => list({ env }, { all }),
  text: ({ jobs }) =>
    jobs.length === 0
      ? "No jobs"
      : columns(
          [
            ["job", "state", "plan", "repository", ""],
            ...jobs.map(({ id, state, from, message }) => [id, state, from.plan, from.repository, message].map(plain)),
          ],
          "",
        ),
});
