import { z } from "zod";
import { AnyPath } from "../input.ts";
import { claimedPaths, runRecipe, writingAccess } from "../recipe.ts";
import { defineTool } from "../tool.ts";
import description from "./lint_fix.txt" with { type: "text" };

export const lintFix = defineTool({
  name: "lint_fix",
  description,
  input: z.strictObject({
    file: AnyPath.optional().describe("File or directory to mend; default: what this task has claimed"),
  }),
  access: ({ file }, scope) => writingAccess("lint_fix", file, scope),
  run: ({ file }, host) => runRecipe(host, "lint_fix", file === undefined ? claimedPaths(host.scope) : [file]),
});
