import { resolve } from "node:path";
import { listWork } from "@dgov/governor/work";
import { z } from "zod";
import { defineCommand } from "../command.ts";
import { itemLine } from "../work_text.ts";

export const workList = defineCommand({
  name: "work list",
  summary: "List items of work, in the order in which they would be chosen",
  examples: ["dgov work list --state all"],
  args: z.strictObject({}),
  flags: z.strictObject({
    state: z
      .enum(["open", "ready", "blocked", "done", "dropped", "all"])
      .default("open")
      .describe("Only items that are"),
    root: z.string().default(".").describe("The repository"),
  }),
  short: { state: "s", root: "r" },
  run: async ({ state, root }, { cwd }) => ({ ...listWork({ cwd: resolve(cwd, root) }, state), state }),
  text: ({ items, state }) =>
    items.length === 0 ? `No items${state === "all" ? "" : ` that are ${state}`}.` : items.map(itemLine).join("\n"),
});
