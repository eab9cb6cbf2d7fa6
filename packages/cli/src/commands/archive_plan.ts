import { archivePlan as archive } from "@dgov/governor/archive_plan";
import { z } from "zod";
import { plain } from "../ansi.ts";
import { defineCommand } from "../command.ts";

export const archivePlan = defineCommand({
  name: "archive-plan",
  summary: "Put a plan that is done with into the archive beside it",
  details:
    "The folder is moved whole, and the log still knows it. Refuses a plan whose run is not over, and a place that git ignores.",
  examples: ["dgov archive-plan add-limits"],
  args: z.strictObject({ plan: z.string().describe("The plan's name or directory") }),
  flags: z.strictObject({}),
  run: async ({ plan }, { cwd, env, now_ms }) => archive({ cwd, plan }, { env, now_ms }),
  text: ({ from, to }) => `Archived ${plain(from)} as ${plain(to)}`,
  notes: ({ uncommitted, to }) =>
    uncommitted ? [`Git sees the move: commit it with "git add -A ${to}" and the rest`] : [],
});
