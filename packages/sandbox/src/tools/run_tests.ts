import { z } from "zod";
import { Line } from "../input.ts";
import { runRecipe } from "../recipe.ts";
import { testTargets } from "../test_targets.ts";
import { defineTool } from "../tool.ts";
import description from "./run_tests.txt" with { type: "text" };

export const runTests = defineTool({
  name: "run_tests",
  description,
  input: z.strictObject({
    file: Line.default("").describe(
      "A test file, directory or node id (file::test) of this task; default: all its tests",
    ),
  }),
  access: ({ file }, scope) => [{ kind: "recipe", recipe: "test", targets: testTargets(file, scope) }],
  run: ({ file }, host) => runRecipe(host, "test", testTargets(file, host.scope)),
});
