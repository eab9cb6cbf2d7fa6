import { explainPolicy } from "@dgov/governor/policy_explain";
import { z } from "zod";
import { plain } from "../ansi.ts";
import { defineCommand } from "../command.ts";

export const policyExplain = defineCommand({
  name: "policy explain",
  summary: "Say how [policy] judges a change at a path, rule by rule",
  details:
    "Tells each rule that is about it, in the order of reading, and what that comes to in the mode. Exits with 1 where the change would be refused.",
  examples: [
    "dgov policy explain src/server.py",
    'dgov policy explain AGENTS.md --change create --summary "guidance for billing"',
  ],
  args: z.strictObject({ paths: z.array(z.string()).min(1).describe("Paths from the repository's root") }),
  flags: z.strictObject({
    change: z.enum(["create", "edit", "delete"]).default("edit").describe("What is done to them"),
    summary: z.string().default("").describe("The task's summary: what it names, a rule that asks lets pass"),
  }),
  run: async ({ paths, change, summary }, { cwd }) => explainPolicy(cwd, { paths, kind: change, summary }),
  text: ({ paths }) => paths.map(({ verdict, said }) => `${verdict}: ${plain(said)}`).join("\n"),
  exit: ({ paths }) => (paths.some(({ verdict }) => verdict === "refuse") ? 1 : 0),
});
