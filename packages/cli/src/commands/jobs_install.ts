import { installUnit } from "@dgov/governor/jobs_run";
import { z } from "zod";
import { plain } from "../ansi.ts";
import { defineCommand } from "../command.ts";

export const jobsInstall = defineCommand({
  name: "jobs install",
  summary: "Write a systemd unit of yours that serves jobs; nothing is enabled",
  details:
    "Keys that jobs need go into the file of variables that it names, one NAME=VALUE a line. To let it run while you are logged out: loginctl enable-linger.",
  examples: ["dgov jobs install --capacity 4"],
  args: z.strictObject({}),
  flags: z.strictObject({
    capacity: z.int().min(1).max(64).default(2).describe("How many jobs run at once"),
    force: z.boolean().default(false).describe("Write over another unit of this name"),
  }),
  run: async (flags, here) => installUnit(here, flags),
  text: ({ file, written, env_file, enable }) =>
    [
      `${written ? "Wrote" : "Is there already:"} ${plain(file)}`,
      `Variables for jobs, keys among them, go into ${plain(env_file)}`,
      "Nothing runs yet. To enable it:",
      ...enable.map((line) => `  ${line}`),
    ].join("\n"),
});
