import { z } from "zod";
import { gitRead } from "../git_read.ts";
import { AnyPath } from "../input.ts";
import { defineTool } from "../tool.ts";
import { TOOL_LIMITS } from "../tool_limits.ts";
import description from "./recent_changes.txt" with { type: "text" };

export const recentChanges = defineTool({
  name: "recent_changes",
  description,
  input: z.strictObject({ path: AnyPath.describe("File or directory, relative to the root of the worktree") }),
  access: ({ path }) => [{ kind: "read", path }],

  async run({ path }, host) {
    const text = await gitRead(host, { ask: "log", path, most: TOOL_LIMITS.commits });
    return { ok: true, text: text.trimEnd() || `No commit has changed "${path}".` };
  },
});
