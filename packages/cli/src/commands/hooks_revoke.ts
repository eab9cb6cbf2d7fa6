import { revokeHooks } from "@dgov/governor/lifecycle";
import { z } from "zod";
import { defineCommand } from "../command.ts";

export const hooksRevoke = defineCommand({
  name: "hooks revoke",
  summary: "Take back that the project's hooks may run",
  examples: ["dgov hooks revoke"],
  args: z.strictObject({}),
  flags: z.strictObject({}),
  run: async (_, here) => revokeHooks(here),
  text: ({ revoked }) => (revoked ? "The hooks run no more until they are approved of" : "No hooks were approved of"),
});
