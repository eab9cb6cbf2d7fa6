import { z } from "zod";
import { AnyPath } from "../input.ts";
import { claimedPaths, runRecipe, writingAccess } from "../recipe.ts";
import { defineTool } from "../tool.ts";
import description from "./format_file.txt" with { type: "text" };

export const formatFile = defineTool({
  name: "format_file",
  description,
  input: z.strictObject({
    file: AnyPath.optional().describe("File or directory to format; default: what this task has claimed"),
  }),
  access: ({ file }, scope) => writingAccess("format", file, scope),
  run: ({ file }, host) => runRecipe(host, "format", file === undefined ? claimedPaths(host.scope) : [file]),
});
