import { reportScope, type ScopeReport } from "@dgov/governor/scope_report";
import { z } from "zod";
import { defineCommand } from "../command.ts";
import { scopeMarkdown } from "../scope_markdown.ts";
import { sarifOf } from "../scope_sarif.ts";
import { renderScope } from "../scope_text.ts";

type Shown = ScopeReport & { as: "text" | "markdown" | "sarif"; version: string };

export const scopeReport = defineCommand({
  name: "scope report",
  summary: "Show which symbols changed, by which task and under which claim, who refers to them, and the risk of it",
  details:
    "Without a range it looks at what has landed since the last run began, or else at the last commit. A reference is\n" +
    "resolved, likely, or there by its name only. Works in any repository, also without a project.",
  examples: ["dgov scope report", "dgov scope report --range main..topic --sarif"],
  args: z.strictObject({}),
  flags: z.strictObject({
    range: z.string().optional().describe("A commit, or two with .. between them"),
    sarif: z.boolean().default(false).describe("As SARIF 2.1.0, for code scanning and editors"),
    markdown: z.boolean().default(false).describe("As Markdown, for a pull request"),
  }),
  async run({ range, sarif, markdown }, { cwd, self, now_ms, env, version }): Promise<Shown> {
    const as = sarif ? "sarif" : markdown ? "markdown" : "text";
    return { ...(await reportScope({ cwd, self, now_ms, env }, range ?? null)), as, version };
  },
  text(view: Shown) {
    if (view.as === "sarif") return JSON.stringify(sarifOf(view, view.version), null, 2);
    return view.as === "markdown" ? scopeMarkdown(view) : renderScope(view);
  },
});
