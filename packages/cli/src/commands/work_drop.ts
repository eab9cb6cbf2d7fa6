import { resolve } from "node:path";
import { dropWork } from "@dgov/governor/work_write";
import { z } from "zod";
import { defineCommand } from "../command.ts";
import { renderItem } from "../work_text.ts";

export const workDrop = defineCommand({
  name: "work drop",
  summary: "Say that an item of work is not to be done",
  details: "What waits for it no longer does.",
  examples: ['dgov work drop ITEM "the gateway does it"'],
  args: z.strictObject({
    id: z.string().describe("The item"),
    why: z.string().describe("The reason, in one sentence"),
  }),
  flags: z.strictObject({ root: z.string().default(".").describe("The repository") }),
  short: { root: "r" },
  run: async ({ id, why, root }, { cwd, env, now_ms, signal }) =>
    dropWork({ cwd: resolve(cwd, root), env, now_ms, signal }, id, why),
  text: renderItem,
});
