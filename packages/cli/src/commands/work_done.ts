import { resolve } from "node:path";
import { doneWork } from "@dgov/governor/work_write";
import { z } from "zod";
import { defineCommand } from "../command.ts";
import { renderItem, showingsIn } from "../work_text.ts";

export const workDone = defineCommand({
  name: "work done",
  summary: "Close an item of work, with the evidence for each of its criteria",
  details:
    'Evidence is what "dgov evidence add" and "dgov evidence run" have recorded. An item is none, and closes nothing.',
  examples: ["dgov work done ITEM --met 1=EVIDENCE"],
  args: z.strictObject({ id: z.string().describe("The item") }),
  flags: z.strictObject({
    met: z.array(z.string()).default([]).describe("CRITERION=EVIDENCE, with the criterion's number from 1"),
    root: z.string().default(".").describe("The repository"),
  }),
  short: { root: "r" },
  run: async ({ id, met, root }, { cwd, env, now_ms, signal }) =>
    doneWork({ cwd: resolve(cwd, root), env, now_ms, signal }, id, showingsIn(met)),
  text: renderItem,
});
