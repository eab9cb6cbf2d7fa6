import { type Held, type Verified, verifyAttestation } from "@dgov/governor/attest_verify";
import { counted } from "@dgov/governor/counted";
import { z } from "zod";
import { paint, plain } from "../ansi.ts";
import { defineCommand } from "../command.ts";

export const attestVerify = defineCommand({
  name: "attest verify",
  summary: "Check a signed statement about a run, or a bundle of its log, without any network",
  details:
    "Of a bundle, events that are shown as a whole are held against their hashes, and all hashes against the root that an attestation of the run has (--of). Only keys that are given count, and each once. The log and the commits that lie here are held against the statement; what is not here is said to be absent. Exits with 1 when it does not hold.",
  examples: ["dgov attest verify RUN.attestation.json --key ../release.key.pub"],
  args: z.strictObject({ file: z.string().describe("What dgov attest sign or dgov attest bundle has written") }),
  flags: z.strictObject({
    key: z.array(z.string()).default([]).describe("A public key that is trusted; again for another"),
    threshold: z.number().int().optional().describe("How many different keys must have signed [default: all given]"),
    log: z.string().optional().describe("Another log than .dgov/state.db, as a copy of it"),
    openings: z.string().optional().describe("What opens values that a bundle hides, to be checked and shown"),
    of: z.string().optional().describe("An attestation of the run, signed by the same keys, that a bundle must be of"),
  }),
  run: async ({ file, key, threshold, log, of, openings }, here) =>
    verifyAttestation(here.cwd, file, {
      keys: key,
      needed: threshold ?? null,
      log: log ?? null,
      of: of ?? null,
      openings: openings ?? null,
    }),
  text: renderVerified,
  exit: ({ holds }) => (holds ? 0 : 1),
});

const HELD: Readonly<Record<Held, string>> = {
  same: "here, and as it says",
  other: "here, and other than it says",
  absent: "not here, so not looked at",
};

function renderVerified({ holds, why, signed_by, needed, log, commits, statement, bundle }: Verified): string {
  const lines = [holds ? paint("green", "holds") : `${paint("red", "does not hold:")} ${plain(why ?? "")}`];
  if (signed_by.length > 0) lines.push(`signed by ${signed_by.join(", ")} (${needed} needed)`);
  if (bundle !== null) return [...lines, ...bundleLines(bundle), `its log: ${HELD[log]}`, ...limits(bundle)].join("\n");
  if (statement === null) return lines.join("\n");
  const landed = statement.tasks.filter((task) => task.landed !== null).length;
  lines.push(
    `run ${plain(statement.run)} of "${plain(statement.plan)}": ${landed} of ${counted(statement.tasks.length, "task")} landed, head ${statement.head.commit.slice(0, 12)} of ${plain(statement.target)}`,
    `its log: ${HELD[log]}`,
    `its commits: ${HELD[commits]}`,
    ...limits(statement),
  );
  return lines.join("\n");
}

const limits = ({ does_not_attest }: { does_not_attest: readonly string[] }): string[] => [
  "It does not attest:",
  ...does_not_attest.map((one) => `  - ${plain(one)}`),
];

const bundleLines = ({
  run,
  log,
  disclosed: { whole, part, none, fields },
  opened,
}: NonNullable<Verified["bundle"]>): string[] => [
  `the log of the run ${plain(run)}, ${counted(log.events, "event")}: ${whole} whole, ${part} in part (${counted(fields, "value")} hidden), ${none} hidden`,
  `under the root ${log.root}`,
  ...opened.map(({ seq, at, value }) => `event ${seq} at ${plain(at)} is ${plain(JSON.stringify(value))}`),
];
