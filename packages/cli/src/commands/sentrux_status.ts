import { counted } from "@dgov/governor/counted";
import { type SentruxStatus, structureStatus } from "@dgov/governor/sentrux";
import { z } from "zod";
import { paint, plain } from "../ansi.ts";
import { defineCommand } from "../command.ts";

export const sentruxStatus = defineCommand({
  name: "sentrux status",
  summary: "Say what is known of the baseline of structure, and whether it is stale",
  details: "Exits with 1 when there is none.",
  examples: ["dgov sentrux status"],
  args: z.strictObject({}),
  flags: z.strictObject({}),
  run: async (_flags, { cwd, env, self, now_ms }) => structureStatus({ cwd, env, self, now_ms }),
  text: renderSentruxStatus,
});

export function renderSentruxStatus({ baseline, made_by, quality, accepted_head, age, stale }: SentruxStatus): string {
  const behind = age.commits === null ? "unknown" : `${counted(age.commits, "commit")} behind`;
  const old = age.days === null ? "" : `, ${counted(age.days, "day")} old`;
  return [
    `baseline  ${plain(baseline)} (by ${made_by})`,
    `quality   ${quality ?? "unknown"}`,
    `commit    ${accepted_head === null ? "unknown" : plain(accepted_head.slice(0, 12))}`,
    `age       ${behind}${old}`,
    `stale     ${stale === null ? "no" : `${paint("yellow", "yes")}: ${stale}`}`,
  ].join("\n");
}
