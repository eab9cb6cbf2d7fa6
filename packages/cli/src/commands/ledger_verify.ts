import { resolve } from "node:path";
import { verifyLedger } from "@dgov/governor/ledger_check";
import { z } from "zod";
import { defineCommand } from "../command.ts";
import { LEDGER_CURE, ledgerFaults } from "../ledger_text.ts";

export const ledgerVerify = defineCommand({
  name: "ledger verify",
  summary: "Say whether the ledger's entries are as they were written",
  details: "Reads only. Exit status 1 when an entry or a fact was changed or deleted.",
  examples: ["dgov ledger verify"],
  args: z.strictObject({}),
  flags: z.strictObject({ root: z.string().default(".").describe("The repository") }),
  short: { root: "r" },
  run: async ({ root }, { cwd }) => verifyLedger({ cwd: resolve(cwd, root) }),
  text: ({ whole, entries, sealed, faults }) =>
    whole
      ? `The ledger is whole: ${sealed} of ${entries} entries have a hash, and say what they said`
      : [...ledgerFaults(faults), LEDGER_CURE].join("\n"),
  exit: ({ whole }) => (whole ? 0 : 1),
});
