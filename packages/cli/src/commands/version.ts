import { z } from "zod";
import { defineCommand } from "../command.ts";

export const version = defineCommand({
  name: "version",
  summary: "Show the version of dgov and of the runtime in it",
  examples: ["dgov version"],
  args: z.strictObject({}),
  flags: z.strictObject({}),
  run: async (_input, here) => ({ version: here.version, bun: Bun.version }),
  text: (view) => `dgov ${view.version}`,
});
