import { resolve } from "node:path";
import { nextWork } from "@dgov/governor/work";
import { z } from "zod";
import { defineCommand } from "../command.ts";
import { renderItem } from "../work_text.ts";

export const workNext = defineCommand({
  name: "work next",
  summary: "Say which item of work is to be done next",
  details:
    "The most urgent of the open items that wait for nothing, then the oldest. One that waits for another, or in a circle\n" +
    "for itself, is never chosen. Exit status 1 when items are open and none can be.",
  examples: ["dgov work next"],
  args: z.strictObject({}),
  flags: z.strictObject({ root: z.string().default(".").describe("The repository") }),
  short: { root: "r" },
  run: async ({ root }, { cwd }) => nextWork({ cwd: resolve(cwd, root) }),
  text: ({ item, blocked }) =>
    item ? renderItem(item) : blocked === 0 ? "Nothing is to be done." : `All ${blocked} open items wait for others.`,
  exit: ({ item, blocked }) => (item === null && blocked > 0 ? 1 : 0),
  notes: ({ circles }) =>
    circles.length === 0
      ? []
      : [`${circles.join(", ")} wait for themselves: "dgov work link ID --blocked-by ID --remove"`],
});
