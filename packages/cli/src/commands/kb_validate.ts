import { counted } from "@dgov/governor/counted";
import { type Issue, readKnowledge, type Stale } from "@dgov/governor/kb";
import { z } from "zod";
import { paint } from "../ansi.ts";
import { defineCommand } from "../command.ts";
import { issuesText, ROOT, ROOT_SHORT, staleLines } from "../kb_text.ts";

type View = { status: "pass" | "fail"; article_count: number; issues: readonly Issue[]; stale: readonly Stale[] };

export const kbValidate = defineCommand({
  name: "kb validate",
  summary: "Check the knowledge base: its articles, their sources and their links",
  details:
    "Exits with 1 when anything is wrong, and when a source is no longer what an article names it by (PATH@sha256:HEX, PATH#L3-L9@sha256:HEX).",
  examples: ["dgov kb validate"],
  args: z.strictObject({}),
  flags: z.strictObject(ROOT),
  short: ROOT_SHORT,
  async run({ root }, { cwd }): Promise<View> {
    const { articles, issues, stale } = readKnowledge(cwd, root);
    const status = issues.length + stale.length > 0 ? "fail" : "pass";
    return { status, article_count: articles.length, issues, stale };
  },
  text: ({ article_count, issues, stale }) =>
    [
      ...(issues.length > 0 ? [issuesText(issues)] : []),
      ...(stale.length > 0 ? [paint("red", `${counted(stale.length, "source")} changed since:`)] : []),
      ...staleLines(stale).map((line) => `  ${line}`),
      ...(issues.length + stale.length > 0
        ? []
        : [`The knowledge base is in order: ${counted(article_count, "article")}`]),
    ].join("\n"),
  exit: ({ status }) => (status === "pass" ? 0 : 1),
});
