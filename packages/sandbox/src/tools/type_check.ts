import { z } from "zod";
import { NOT_RUN, runRecipe } from "../recipe.ts";
import { defineTool } from "../tool.ts";
import description from "./type_check.txt" with { type: "text" };

export const typeCheck = defineTool({
  name: "type_check",
  description,
  input: z.strictObject({}),
  access: () => [{ kind: "recipe", recipe: "type_check", targets: [] }],

  async run(_, host) {
    if (host.scope.recipes.type_check === null)
      return {
        ok: true,
        text: "Type checking is not configured for this project (no type_check_cmd); go on without it.",
        refused_by: NOT_RUN,
      };
    return await runRecipe(host, "type_check", []);
  },
});
