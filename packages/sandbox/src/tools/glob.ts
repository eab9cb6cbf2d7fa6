import { z } from "zod";
import { worktreeFiles } from "../git_read.ts";
import { compileGlob, matchesGlob } from "../glob.ts";
import { Line } from "../input.ts";
import { defineTool } from "../tool.ts";
import { TOOL_LIMITS } from "../tool_limits.ts";
import description from "./glob.txt" with { type: "text" };

export const glob = defineTool({
  name: "glob",
  description,
  input: z.strictObject({
    pattern: Line.min(1)
      .max(400)
      .describe('For example "src/**/*.py"; without a slash it is matched against file names'),
  }),
  access: () => [],

  async run({ pattern }, host) {
    const asked = pattern.replace(/^(\.\/)+/, "");
    if (asked.startsWith("/") || asked.split("/").includes(".."))
      return { ok: false, text: `Error: Cannot list "${pattern}": it leaves the worktree (path traversal)` };
    const compiled = compileGlob(asked.includes("/") ? asked : `**/${asked}`, "segment");
    const found = (await worktreeFiles(host)).filter((path) => matchesGlob(compiled, path));
    if (found.length === 0) return { ok: true, text: "No files matched." };
    const shown = found.slice(0, TOOL_LIMITS.glob_results);
    if (found.length > shown.length) shown.push(`... truncated: ${shown.length} of ${found.length} files are shown`);
    return { ok: true, text: shown.join("\n") };
  },
});
