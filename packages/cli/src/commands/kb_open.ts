import { articleOf } from "@dgov/governor/kb";
import { z } from "zod";
import { plain } from "../ansi.ts";
import { defineCommand } from "../command.ts";
import { checked, exitOf, orIssues, ROOT, ROOT_SHORT, toldOf } from "../kb_text.ts";

type View = { id: string; path: string; uri: string };

export const kbOpen = defineCommand({
  name: "kb open",
  summary: "Show the link by which Obsidian opens an article",
  details: "It starts no program: most terminals open a link that is clicked.",
  examples: ["dgov kb open limits"],
  args: z.strictObject({ id: z.string().describe("The article's id") }),
  flags: z.strictObject(ROOT),
  short: ROOT_SHORT,
  run: async ({ id, root }, here) =>
    checked(here, root, (knowledge): View => {
      const { absolute_path: path } = toldOf(knowledge, articleOf(knowledge, id));
      return { id, path, uri: `obsidian://open?path=${encodeURIComponent(path)}` };
    }),
  text: orIssues<View>(({ path, uri }) => `${plain(path)}\n${uri}`),
  exit: (view) => exitOf(view),
});
