import { unpause as unpauseRuns } from "@dgov/governor/pause";
import { z } from "zod";
import { plain } from "../ansi.ts";
import { defineCommand } from "../command.ts";

export const unpause = defineCommand({
  name: "unpause",
  summary: "Let runs here begin attempts again",
  details: 'A run that was paused goes on with "dgov run PLAN".',
  examples: ["dgov unpause"],
  args: z.strictObject({}),
  flags: z.strictObject({}),
  run: async (_, here) => unpauseRuns(here.cwd),
  text: ({ reason }) =>
    reason === null ? "Nothing was paused" : `No longer paused${reason === "" ? "" : ` (it was: ${plain(reason)})`}`,
});
