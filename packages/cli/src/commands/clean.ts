import { type CleanView, clean as cleanRepository } from "@dgov/governor/clean";
import { z } from "zod";
import { plain } from "../ansi.ts";
import { defineCommand } from "../command.ts";

export const clean = defineCommand({
  name: "clean",
  summary: "Remove worktrees and logs that no run needs any more",
  details:
    "Never touches what a live process uses, or what a run that is not over may need. Attempts are kept unless --attempts is given, and those whose work never landed even then, unless --force is given.",
  examples: ["dgov clean --dry-run"],
  args: z.strictObject({}),
  flags: z.strictObject({
    dry_run: z.boolean().default(false).describe("Say what would be removed, and remove nothing"),
    attempts: z.boolean().default(false).describe("Also the refs that keep attempts which have landed"),
    force: z.boolean().default(false).describe("Also the only copy of work that did not land, and of unfinished runs"),
  }),
  run: async ({ dry_run, attempts, force }, here) =>
    cleanRepository(here, { dry_run, attempts, force, before_ms: null }),
  text: (view) => renderClean(view) || "Nothing to clean",
});

/** A line for each thing; "" when there is none. */
export function renderClean({ dry_run, removed, kept }: CleanView): string {
  const lines = removed.map(({ kind, what }) => `${dry_run ? "would remove" : "removed"} ${kind} ${plain(what)}`);
  lines.push(...kept.map(({ kind, what, why }) => `kept ${kind} ${plain(what)}: ${why}`));
  return lines.join("\n");
}
