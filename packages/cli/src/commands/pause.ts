import { pause as pauseRuns } from "@dgov/governor/pause";
import { z } from "zod";
import { plain } from "../ansi.ts";
import { defineCommand } from "../command.ts";

export const pause = defineCommand({
  name: "pause",
  summary: "Let runs here begin nothing more: what is under way comes to its end",
  details:
    "The run under way judges and lands what its workers have done, and then stops as if it were interrupted. No other begins an attempt either. Making the file by hand does the same, and its first line is the reason.",
  examples: ['dgov pause "the server moves"'],
  args: z.strictObject({ reason: z.string().default("").describe("Why, for whoever reads the log") }),
  flags: z.strictObject({}),
  run: async ({ reason }, here) => pauseRuns(here.cwd, reason),
  text: ({ file }) => `Paused: nothing is begun while ${plain(file)} is there\n"dgov unpause" removes it`,
});
