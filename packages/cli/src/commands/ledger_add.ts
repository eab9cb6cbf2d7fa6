import { resolve } from "node:path";
import { addToLedger, Category } from "@dgov/governor/ledger";
import { z } from "zod";
import { defineCommand } from "../command.ts";

export const ledgerAdd = defineCommand({
  name: "ledger add",
  summary: "Write down what was learned of this repository",
  details: "Open entries about files that a task may write, and rules without a path, are told to its worker.",
  examples: ['dgov ledger add rule "Money is in integers of a cent" --path src/billing/'],
  args: z.strictObject({
    category: Category.describe("What it is"),
    text: z.string().describe("The entry, in one sentence"),
  }),
  flags: z.strictObject({
    path: z.array(z.string()).default([]).describe("What it is about, as a plan claims it; default: everything"),
    root: z.string().default(".").describe("The repository"),
  }),
  short: { path: "p", root: "r" },
  run: async ({ category, text, path, root }, { cwd, env, now_ms }) =>
    addToLedger({ cwd: resolve(cwd, root), env, now_ms }, { category, content: text, paths: path }),
  text: ({ id, category }) => `Added ${category} entry #${id}`,
});
