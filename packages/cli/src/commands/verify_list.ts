import { resolve } from "node:path";
import { listRecipes, type RecipeList } from "@dgov/governor/verify";
import { z } from "zod";
import { plain } from "../ansi.ts";
import { defineCommand } from "../command.ts";
import { columns } from "../print.ts";

export const verifyList = defineCommand({
  name: "verify list",
  summary: "List the project's own checks: [verify.NAME] of project.toml",
  examples: ["dgov verify list"],
  args: z.strictObject({}),
  flags: z.strictObject({ root: z.string().default(".").describe("The repository") }),
  short: { root: "r" },
  run: async ({ root }, { cwd }) => listRecipes({ cwd: resolve(cwd, root) }),
  text: renderRecipes,
});

export function renderRecipes({ recipes }: RecipeList): string {
  if (recipes.length === 0) return "No recipes: add [verify.NAME] with a command to .dgov/project.toml";
  return columns(recipes.map(({ name, command, description }) => [plain(name), plain(command), plain(description)]));
}
