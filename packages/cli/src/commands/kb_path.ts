import { pathBetween } from "@dgov/governor/kb";
import { z } from "zod";
import { defineCommand } from "../command.ts";
import { checked, exitOf, orIssues, ROOT, ROOT_SHORT } from "../kb_text.ts";

type View = { from: string; to: string; path: string[] | null };

export const kbPath = defineCommand({
  name: "kb path",
  summary: "Show the shortest way from one article to another along their links",
  examples: ["dgov kb path limits billing"],
  args: z.strictObject({
    from: z.string().describe("The id of the first article"),
    to: z.string().describe("The id of the last one"),
  }),
  flags: z.strictObject(ROOT),
  short: ROOT_SHORT,
  run: async ({ from, to, root }, here) =>
    checked(here, root, (knowledge): View => ({ from, to, path: pathBetween(knowledge, from, to) })),
  text: orIssues<View>(({ from, to, path }) => path?.join(" -> ") ?? `No links lead from "${from}" to "${to}"`),
  exit: (view) => exitOf(view),
});
