import { z } from "zod";
import { AnyPath, Line } from "../input.ts";
import { searchAnswer, searchFiles } from "../search.ts";
import { defineTool } from "../tool.ts";
import description from "./grep.txt" with { type: "text" };

export const grep = defineTool({
  name: "grep",
  description,
  input: z.strictObject({
    pattern: Line.min(1).describe("Regular expression (Perl syntax)"),
    path: AnyPath.default(".").describe("File or directory to search, relative to the root of the worktree"),
  }),
  access: ({ path }) => [{ kind: "read", path }],

  async run({ pattern, path }, host) {
    return searchAnswer(await searchFiles(host, { flags: ["-P"], pattern, path, narrow: [] }));
  },
});
