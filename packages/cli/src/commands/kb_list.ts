import { z } from "zod";
import { plain } from "../ansi.ts";
import { defineCommand } from "../command.ts";
import {
  type Checked,
  checked,
  exitOf,
  orIssues,
  ROOT,
  ROOT_SHORT,
  staleLines,
  type Told,
  toldOf,
} from "../kb_text.ts";
import { columns } from "../print.ts";

type View = { articles: Told[]; notes: string[] };

export const kbList = defineCommand({
  name: "kb list",
  summary: "List the articles of the knowledge base",
  examples: ["dgov kb list"],
  args: z.strictObject({}),
  flags: z.strictObject(ROOT),
  short: ROOT_SHORT,
  run: async ({ root }, here): Promise<Checked<View>> =>
    checked(here, root, (knowledge): View => {
      const articles = knowledge.articles.map((article) => toldOf(knowledge, article));
      return { articles, notes: staleLines(knowledge.stale) };
    }),
  text: orIssues<View>(({ articles }) =>
    articles.length === 0
      ? "No knowledge base articles found"
      : columns(
          articles.map((one) =>
            [one.id, one.kind, one.status, one.path, one.stale.length > 0 ? "stale" : ""].map(plain),
          ),
          "  ",
        ),
  ),
  notes: (view: Checked<View>) => ("notes" in view ? view.notes : []),
  exit: (view) => exitOf(view),
});
