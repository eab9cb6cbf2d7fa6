import { counted } from "@dgov/governor/counted";
import { type LogView, verifyLog } from "@dgov/governor/log_verify";
import { z } from "zod";
import { paint, plain } from "../ansi.ts";
import { defineCommand } from "../command.ts";

export const logVerify = defineCommand({
  name: "log verify",
  summary: "Check that the log is what was written, and name the first event that is not",
  details:
    "Every event carries the hash of the one before it. The end of the log is held against its record beside it, and the whole against the commits that have landed: each names the event after which it was made. Writes nothing, and exits with 1 when something is not as it was.",
  examples: ["dgov log verify"],
  args: z.strictObject({}),
  flags: z.strictObject({ log: z.string().optional().describe("Another log than .dgov/state.db, as a copy of it") }),
  run: async ({ log }, here) => verifyLog(here, log ?? null),
  text: renderLog,
  exit: ({ whole }) => (whole ? 0 : 1),
});

export function renderLog({ log, events, runs, end, commits, fault }: LogView): string {
  const counts = `${counted(events, "event")} of ${counted(runs, "run")}`;
  if (fault)
    return [
      `${paint("red", "not whole:")} ${plain(log)}`,
      plain(fault.message),
      events === 0 ? "Nothing before it is known to be whole" : `Whole before it: ${counts}`,
      `${paint("cyan", "Hint:")} ${plain(fault.cure)}`,
    ].join("\n");
  if (events === 0) return `${plain(log)} has no events: nothing was ever run here`;
  const lines = [`${paint("green", "whole:")} ${counts}, each as it was written (${plain(log)})`];
  lines.push(
    end === "recorded"
      ? "The last of them is the last that was written"
      : "Nothing beside it says which was the last, so events cut off at the end are not noticed",
  );
  if (commits > 0) lines.push(`${counted(commits, "landed commit")} on record with it`);
  return lines.join("\n");
}
