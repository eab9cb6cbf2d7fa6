import { z } from "zod";
import { AnyPath } from "../input.ts";
import { runRecipe, srcDir } from "../recipe.ts";
import { defineTool } from "../tool.ts";
import description from "./lint_check.txt" with { type: "text" };

export const lintCheck = defineTool({
  name: "lint_check",
  description,
  input: z.strictObject({
    file: AnyPath.optional().describe("File or directory to check; default: the source directory"),
  }),
  access: ({ file }, scope) => [{ kind: "recipe", recipe: "lint", targets: [file ?? srcDir(scope)] }],
  run: ({ file }, host) => runRecipe(host, "lint", file === undefined ? [srcDir(host.scope)] : [file]),
});
