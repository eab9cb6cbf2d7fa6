import { pruneJobs } from "@dgov/governor/jobs";
import { z } from "zod";
import { plain } from "../ansi.ts";
import { defineCommand } from "../command.ts";

export const jobsPrune = defineCommand({
  name: "jobs prune",
  summary: "Remove what jobs left that are over",
  details:
    "Their repositories go, after all kept work was brought into yours under refs/dgov/attempts; their branches go where another branch, remote branch or tag has the work. A branch with work that is nowhere else stays.",
  examples: ["dgov jobs prune --dry-run"],
  args: z.strictObject({}),
  flags: z.strictObject({
    keep_days: z.number().min(0).default(14).describe("Nothing goes that was over so lately"),
    dry_run: z.boolean().default(false).describe("Say what would go, and remove nothing"),
  }),
  run: ({ keep_days, dry_run }, here) => pruneJobs(here, { keep_days, dry_run }),
  text: ({ removed, kept, dry_run }) =>
    [
      ...removed.map((path) => `${dry_run ? "would remove" : "removed"} ${plain(path)}`),
      ...kept.map(({ what, why }) => `kept ${plain(what)}: ${plain(why)}`),
    ].join("\n") || "Nothing to remove",
});
