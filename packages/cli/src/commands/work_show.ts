import { resolve } from "node:path";
import { showWork } from "@dgov/governor/work";
import { z } from "zod";
import { defineCommand } from "../command.ts";
import { renderItem } from "../work_text.ts";

export const workShow = defineCommand({
  name: "work show",
  summary: "Show an item of work: its criteria, what it waits for, what it is tied to",
  examples: ["dgov work show ITEM"],
  args: z.strictObject({ id: z.string().describe("The item") }),
  flags: z.strictObject({ root: z.string().default(".").describe("The repository") }),
  short: { root: "r" },
  run: async ({ id, root }, { cwd }) => showWork({ cwd: resolve(cwd, root) }, id),
  text: renderItem,
});
