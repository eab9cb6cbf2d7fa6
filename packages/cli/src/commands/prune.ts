import { counted } from "@dgov/governor/counted";
import { prune as pruneRepository } from "@dgov/governor/prune";
import { z } from "zod";
import { defineCommand } from "../command.ts";
import { renderClean } from "./clean.ts";

export const prune = defineCommand({
  name: "prune",
  summary: "Remove what old runs left: attempts that landed, logs of commands, worktrees, caches",
  details:
    "Never the event log, never what a live process uses or a run that is not over may need, and never the only copy of\n" +
    "work that did not land, unless --force is given. See also dgov clean, which removes what is idle whatever its age.",
  examples: ["dgov prune --keep-days 30 --dry-run"],
  args: z.strictObject({}),
  flags: z.strictObject({
    keep_days: z.int().min(0).default(14).describe("Keep what was in use in so many days"),
    dry_run: z.boolean().default(false).describe("Say what would be removed, and remove nothing"),
    force: z.boolean().default(false).describe("Also the only copy of work that did not land, and of unfinished runs"),
  }),
  run: async ({ keep_days, dry_run, force }, here) => pruneRepository(here, { keep_days, dry_run, force }),
  text(view) {
    const { length } = view.removed;
    const sum = `${view.dry_run ? "Would prune" : "Pruned"} ${counted(length, "item")}.`;
    return [renderClean(view), length === 0 ? "Nothing to prune." : sum].filter((text) => text !== "").join("\n");
  },
});
