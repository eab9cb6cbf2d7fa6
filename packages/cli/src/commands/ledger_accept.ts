import { resolve } from "node:path";
import { acceptLedger } from "@dgov/governor/ledger_check";
import { z } from "zod";
import { defineCommand } from "../command.ts";
import { ledgerFaults } from "../ledger_text.ts";

export const ledgerAccept = defineCommand({
  name: "ledger accept",
  summary: "Take the ledger as it stands, with what was changed in it",
  details:
    "Workers are told again what was withheld. That it was changed, and accepted, stays in the ledger as a fact.",
  examples: ["dgov ledger accept"],
  args: z.strictObject({}),
  flags: z.strictObject({ root: z.string().default(".").describe("The repository") }),
  short: { root: "r" },
  run: async ({ root }, { cwd, now_ms }) => acceptLedger({ cwd: resolve(cwd, root), now_ms }),
  text: ({ whole, faults }) =>
    whole ? "The ledger is whole: there is nothing to accept" : ["Accepted:", ...ledgerFaults(faults)].join("\n"),
});
