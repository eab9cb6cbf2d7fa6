import { resolve } from "node:path";
import { addWork } from "@dgov/governor/work_write";
import { z } from "zod";
import { defineCommand } from "../command.ts";
import { renderItem } from "../work_text.ts";

export const workAdd = defineCommand({
  name: "work add",
  summary: "Add an item of work, with what must be shown for it before it is done",
  details:
    "Items are files under .dgov/work, each named by its content: commit them, and branches that add some merge cleanly.",
  examples: [
    'dgov work add "Limit each client" -c "a burst of 11 is refused" -c "the limit is documented" --priority 1',
  ],
  args: z.strictObject({ title: z.string().describe("What is to be done, in one line") }),
  flags: z.strictObject({
    criterion: z.array(z.string()).default([]).describe("What must be shown for it; at least one"),
    priority: z.int().min(0).max(4).default(2).describe("0 comes before all others, 4 after them"),
    blocked_by: z.array(z.string()).default([]).describe("An item that must be done before it"),
    root: z.string().default(".").describe("The repository"),
  }),
  short: { criterion: "c", root: "r" },
  run: async ({ title, criterion, priority, blocked_by, root }, { cwd, env, now_ms, signal }) =>
    addWork({ cwd: resolve(cwd, root), env, now_ms, signal }, { title, priority, criteria: criterion, blocked_by }),
  text: renderItem,
});
