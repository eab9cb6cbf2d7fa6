import { z } from "zod";
import { AnyPath, Line } from "../input.ts";
import { searchAnswer } from "../search.ts";
import { searchSyntax } from "../search_syntax.ts";
import { defineTool } from "../tool.ts";
import description from "./ast_grep.txt" with { type: "text" };

export const astGrep = defineTool({
  name: "ast_grep",
  description,
  input: z.strictObject({
    pattern: Line.min(1).max(20_000).describe('Code with holes, for example "print($A)"'),
    path: AnyPath.default(".").describe("File or directory to search, relative to the root of the worktree"),
    lang: z
      .string()
      .regex(/^[A-Za-z]{0,20}$/, "it is not the name of a language, such as python or ts")
      .default("")
      .describe("Language of the pattern; default: by the files' names"),
  }),
  access: ({ path }) => [{ kind: "read", path }],

  async run({ pattern, path, lang }, host) {
    return searchAnswer(await searchSyntax(host, { pattern, language: lang === "" ? null : lang, path }));
  },
});
