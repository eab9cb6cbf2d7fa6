import { resolve } from "node:path";
import { addCheckEvidence } from "@dgov/governor/evidence";
import { z } from "zod";
import { defineCommand } from "../command.ts";
import { evidenceLine } from "../work_text.ts";

export const evidenceRun = defineCommand({
  name: "evidence run",
  summary: "Run a command of [verify], and take how it ended as evidence of the tree that is checked out",
  details:
    "Refused where something is not committed: then nobody can say what it ran on. Exit status 1 when it does not pass, which\n" +
    "is evidence too.",
  examples: ["dgov evidence run docs"],
  args: z.strictObject({ recipe: z.string().describe('Its name; see "dgov verify list"') }),
  flags: z.strictObject({
    note: z.string().default("").describe("What it shows, for people"),
    root: z.string().default(".").describe("The repository"),
  }),
  short: { root: "r" },
  run: async ({ recipe, note, root }, { cwd, env, now_ms, signal }) =>
    addCheckEvidence({ cwd: resolve(cwd, root), env, now_ms, signal }, { recipe, note }),
  text: evidenceLine,
  exit: ({ holds }) => (holds ? 0 : 1),
});
