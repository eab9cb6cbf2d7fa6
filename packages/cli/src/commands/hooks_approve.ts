import { approveHooks } from "@dgov/governor/lifecycle";
import { z } from "zod";
import { defineCommand } from "../command.ts";
import { hooksText } from "../hooks_text.ts";

export const hooksApprove = defineCommand({
  name: "hooks approve",
  summary: "Let the project's hooks run outside of the jail, as they are now",
  details:
    "What is approved of is kept in your own state folder, for this repository, by one hash of the commands and of the files that they name: when any of it changes, runs are refused until you approve again.",
  examples: ["dgov hooks approve"],
  args: z.strictObject({}),
  flags: z.strictObject({
    sha256: z.string().optional().describe("Approve of these alone, as dgov hooks list has shown them"),
  }),
  run: async ({ sha256 = null }, here) => approveHooks(here, sha256),
  text: hooksText,
});
