import { listHooks } from "@dgov/governor/lifecycle";
import { z } from "zod";
import { defineCommand } from "../command.ts";
import { hooksText } from "../hooks_text.ts";

export const hooksList = defineCommand({
  name: "hooks list",
  summary: "Show the project's hooks, the files that they name, and whether they are approved of",
  examples: ["dgov hooks list"],
  args: z.strictObject({}),
  flags: z.strictObject({}),
  run: async (_, here) => listHooks(here),
  text: hooksText,
});
