import { articleOf } from "@dgov/governor/kb";
import { z } from "zod";
import { plain } from "../ansi.ts";
import { defineCommand } from "../command.ts";
import { checked, exitOf, orIssues, ROOT, ROOT_SHORT, type Told, toldOf } from "../kb_text.ts";

type View = Told & { body: string };

export const kbShow = defineCommand({
  name: "kb show",
  summary: "Show an article of the knowledge base, and what it is derived from",
  examples: ["dgov kb show limits"],
  args: z.strictObject({ id: z.string().describe("The article's id") }),
  flags: z.strictObject(ROOT),
  short: ROOT_SHORT,
  run: async ({ id, root }, here) =>
    checked(here, root, (knowledge): View => {
      const article = articleOf(knowledge, id);
      return { ...toldOf(knowledge, article), body: article.body };
    }),
  text: orIssues<View>(({ path, kind, status, sources, related, stale, body }) =>
    [
      ...[`path: ${plain(path)}`, `kind: ${kind}`, `status: ${status}`, "sources:"],
      ...sources.map((source) => `  - ${plain(source)}${stale.includes(source) ? " (it has changed since)" : ""}`),
      ...(related.length > 0 ? ["related:", ...related.map((other) => `  - ${other}`)] : []),
      "",
      ...body.split("\n").map(plain),
    ].join("\n"),
  ),
  exit: (view) => exitOf(view),
});
