import { type Attested, attestRun } from "@dgov/governor/attest";
import { counted } from "@dgov/governor/counted";
import { z } from "zod";
import { paint, plain } from "../ansi.ts";
import { defineCommand } from "../command.ts";

export const attestSign = defineCommand({
  name: "attest sign",
  summary: "Sign for what a run did: heads, changed files, gates, and the log they follow from",
  details:
    "The log is verified and every decision derived again first; a run that is not over, or whose log is not what was written, is not signed. The statement is in-toto's in a DSSE envelope, and names what it does not attest.",
  examples: ["dgov attest sign RUN --key ../release.key"],
  args: z.strictObject({ run: z.string().describe("A run, or the beginning of its id") }),
  flags: z.strictObject({
    key: z.array(z.string()).default([]).describe("A private key of dgov attest keygen; again for another signature"),
    out: z.string().optional().describe("A new file for the envelope [default: RUN.attestation.json]"),
  }),
  async run({ run, key, out }, here) {
    return attestRun(here, run, { keys: key, out: out ?? null });
  },
  text: renderAttested,
});

function renderAttested({ out, signed_by, statement }: Attested): string {
  const landed = statement.tasks.filter((task) => task.landed !== null).length;
  return [
    `${paint("green", "signed:")} ${plain(statement.run)} of "${plain(statement.plan)}", ${landed} of ${counted(statement.tasks.length, "task")} landed`,
    `by ${signed_by.join(", ")}`,
    `in ${plain(out)}`,
    "It does not attest:",
    ...statement.does_not_attest.map((one) => `  - ${one}`),
  ].join("\n");
}
