import { resolve } from "node:path";
import { resolveInLedger } from "@dgov/governor/ledger";
import { z } from "zod";
import { defineCommand } from "../command.ts";

export const ledgerResolve = defineCommand({
  name: "ledger resolve",
  summary: "Say that an entry of the ledger is done with",
  details:
    "What a run has found is resolved by the commit that mends it, which must be in the history of what is checked out.\n" +
    "A landing of the task that was refused does that by itself.",
  examples: ["dgov ledger resolve 1 --commit HEAD"],
  args: z.strictObject({ id: z.int().min(1).describe("The entry's number") }),
  flags: z.strictObject({
    commit: z.string().optional().describe("The commit that shows it; needed for what a run has found"),
    root: z.string().default(".").describe("The repository"),
  }),
  short: { root: "r" },
  run: async ({ id, commit = null, root }, { cwd, env, now_ms }) =>
    resolveInLedger({ cwd: resolve(cwd, root), env, now_ms }, { id, commit }),
  text: ({ id, outcome }) =>
    ({
      resolved: `Resolved entry #${id}`,
      already: `Entry #${id} is resolved already`,
      unknown: `Entry #${id} not found`,
    })[outcome],
});
