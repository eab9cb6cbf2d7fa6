import { z } from "zod";
import { AnyPath, Line } from "../input.ts";
import { searchAnswer, searchFiles } from "../search.ts";
import { FlagError, readFlags } from "../search_flags.ts";
import { defineTool } from "../tool.ts";
import description from "./ripgrep.txt" with { type: "text" };

/** Ripgrep's flags on git's engine: the same answer on every machine, whether it has a ripgrep or not. */
export const ripgrep = defineTool({
  name: "ripgrep",
  description,
  input: z.strictObject({
    pattern: Line.min(1).describe("Regular expression (Perl syntax), never an option"),
    path: AnyPath.default(".").describe("File or directory to search, relative to the root of the worktree"),
    flags: z
      .union([Line.max(1_000), z.array(Line.max(400)).max(40)])
      .default("")
      .describe('For example "-i -w -C 2 -t py" or ["-g", "!docs/**"]'),
  }),
  access: ({ path }) => [{ kind: "read", path }],

  async run({ pattern, path, flags }, host) {
    try {
      return searchAnswer(await searchFiles(host, { ...readFlags(flags, pattern), path }));
    } catch (error) {
      if (!(error instanceof FlagError)) throw error;
      return { ok: false, text: `Error: Cannot search with these flags: ${error.message}`, refused_by: "flags" };
    }
  },
});
