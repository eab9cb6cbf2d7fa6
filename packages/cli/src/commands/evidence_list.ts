import { resolve } from "node:path";
import { listEvidence } from "@dgov/governor/evidence";
import { z } from "zod";
import { defineCommand } from "../command.ts";
import { evidenceLine } from "../work_text.ts";

export const evidenceList = defineCommand({
  name: "evidence list",
  summary: "List what was recorded as evidence, newest first",
  examples: ["dgov evidence list"],
  args: z.strictObject({}),
  flags: z.strictObject({ root: z.string().default(".").describe("The repository") }),
  short: { root: "r" },
  run: async ({ root }, { cwd }) => listEvidence({ cwd: resolve(cwd, root) }),
  text: ({ evidence }) => (evidence.length === 0 ? "No evidence." : evidence.map(evidenceLine).join("\n")),
});
