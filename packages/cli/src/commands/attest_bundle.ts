import { type Bundled, bundleRun } from "@dgov/governor/attest_bundle";
import { counted } from "@dgov/governor/counted";
import { z } from "zod";
import { plain } from "../ansi.ts";
import { defineCommand } from "../command.ts";

export const attestBundle = defineCommand({
  name: "attest bundle",
  summary: "Write the log of a run with parts of it hidden, so that the rest can be checked",
  details:
    "Signed, and under the root of hashes that an attestation of the run has. --redact takes KIND (all events of a kind), KIND.FIELD\n" +
    '(a field of them, also within lists: candidate_rejected.findings.message), the number of an event, or "text:TEXT" (every value\n' +
    "that has this text in it). What is hidden cannot be guessed from what is shown: each event has a salt.",
  examples: ["dgov attest bundle RUN --key ../release.key --redact tool_called"],
  args: z.strictObject({ run: z.string().describe("A run, or the beginning of its id") }),
  flags: z.strictObject({
    key: z.array(z.string()).default([]).describe("A private key of dgov attest keygen; again for another signature"),
    redact: z.array(z.string()).default([]).describe("What to hide; again for more"),
    out: z.string().optional().describe("A new file for the bundle [default: RUN.bundle.json]"),
    openings: z.string().optional().describe("A new file for what opens hidden values, to be handed on apart"),
  }),
  run: async ({ run, key, redact, out, openings }, here) =>
    bundleRun(here, run, { keys: key, redact, out: out ?? null, openings: openings ?? null }),
  text: renderBundled,
});

function renderBundled({ run, out, signed_by, root, disclosed: { whole, part, none, fields } }: Bundled): string {
  return [
    `Bundled the run ${plain(run)}: ${counted(whole, "event")} whole, ${part} in part (${counted(fields, "value")} hidden), ${none} hidden`,
    `under the root ${root}, signed by ${signed_by.join(", ")}`,
    `in ${plain(out)}`,
  ].join("\n");
}
