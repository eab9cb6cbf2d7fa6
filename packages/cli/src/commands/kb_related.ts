import { relatedTo } from "@dgov/governor/kb";
import { z } from "zod";
import { defineCommand } from "../command.ts";
import { checked, exitOf, orIssues, ROOT, ROOT_SHORT } from "../kb_text.ts";

type View = { start: string; depth: number; related: string[] };

export const kbRelated = defineCommand({
  name: "kb related",
  summary: "List the articles that one leads to, the nearest first",
  examples: ["dgov kb related limits --depth 2"],
  args: z.strictObject({ id: z.string().describe("The article's id") }),
  flags: z.strictObject({ ...ROOT, depth: z.number().int().min(0).default(1).describe("How many links away") }),
  short: { ...ROOT_SHORT, depth: "d" },
  run: async ({ id, root, depth }, here) =>
    checked(
      here,
      root,
      (knowledge): View => ({
        start: id,
        depth,
        related: relatedTo(knowledge, id, depth).map((article) => article.id),
      }),
    ),
  text: orIssues<View>(({ start, related }) =>
    related.length === 0 ? `"${start}" leads to no article` : related.join("\n"),
  ),
  exit: (view) => exitOf(view),
});
