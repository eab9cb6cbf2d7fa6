import { resolve } from "node:path";
import { addCommitEvidence } from "@dgov/governor/evidence";
import { z } from "zod";
import { defineCommand } from "../command.ts";
import { evidenceLine } from "../work_text.ts";

export const evidenceAdd = defineCommand({
  name: "evidence add",
  summary: "Take a commit as evidence, with its gates where a task has landed as it",
  details:
    "What gates have said is taken from this repository's log, and never from the commit's message. Evidence is kept in files\n" +
    "under .dgov/evidence, each named by its content, apart from work.",
  examples: ['dgov evidence add HEAD --note "the limit is in"'],
  args: z.strictObject({ commit: z.string().describe("A commit in the history of what is checked out") }),
  flags: z.strictObject({
    note: z.string().default("").describe("What it shows, for people"),
    root: z.string().default(".").describe("The repository"),
  }),
  short: { root: "r" },
  run: async ({ commit, note, root }, { cwd, env, now_ms, signal }) =>
    addCommitEvidence({ cwd: resolve(cwd, root), env, now_ms, signal }, { commit, note }),
  text: evidenceLine,
});
