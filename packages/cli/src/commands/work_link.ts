import { resolve } from "node:path";
import { linkWork } from "@dgov/governor/work_write";
import { z } from "zod";
import { defineCommand } from "../command.ts";
import { linksOf, renderItem } from "../work_text.ts";

export const workLink = defineCommand({
  name: "work link",
  summary: "Tie an item of work to what must be done before it, to a plan, a task or a commit",
  examples: ["dgov work link ITEM --plan add-limits"],
  args: z.strictObject({ id: z.string().describe("The item") }),
  flags: z.strictObject({
    blocked_by: z.array(z.string()).default([]).describe("An item that must be done before it"),
    plan: z.array(z.string()).default([]).describe("A plan that is about it"),
    task: z.array(z.string()).default([]).describe("A task that does it"),
    commit: z
      .array(z.string())
      .default([])
      .describe("A commit that is about it, in the history of what is checked out"),
    remove: z.boolean().default(false).describe("Untie it instead; a commit by its whole id"),
    root: z.string().default(".").describe("The repository"),
  }),
  short: { root: "r" },
  run: async ({ id, remove, root, ...to }, { cwd, env, now_ms, signal }) =>
    linkWork({ cwd: resolve(cwd, root), env, now_ms, signal }, { id, links: linksOf(to), remove }),
  text: renderItem,
});
