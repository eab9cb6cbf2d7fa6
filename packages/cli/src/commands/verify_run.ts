import { resolve } from "node:path";
import { type RecipeRun, runRecipe } from "@dgov/governor/verify";
import { z } from "zod";
import { paint, plain } from "../ansi.ts";
import { defineCommand } from "../command.ts";

const EXITS: Readonly<Record<RecipeRun["status"], number>> = { pass: 0, fail: 1, interrupted: 130 };

export const verifyRun = defineCommand({
  name: "verify run",
  summary: "Run one of the project's own checks, in the checkout as it stands",
  details: "It runs as you would run it: in no jail, with your environment. Exits with 1 when it fails.",
  examples: ["dgov verify run docs"],
  args: z.strictObject({ recipe: z.string().describe("The NAME of [verify.NAME]") }),
  flags: z.strictObject({ root: z.string().default(".").describe("The repository") }),
  short: { root: "r" },
  run: async ({ recipe, root }, { cwd, env, now_ms, signal }) =>
    runRecipe({ cwd: resolve(cwd, root), env, now_ms, signal }, recipe),
  text: renderRecipeRun,
  exit: ({ status }) => EXITS[status],
});

export function renderRecipeRun({ status, recipe, results, tail }: RecipeRun): string {
  const good = status === "pass";
  const sign = good ? paint("green", "✔") : paint("red", "✘");
  return results
    .flatMap(({ summary, duration_s, warning_count, log_path }) => [
      ...(good || tail === "" ? [] : tail.split("\n").map((line) => `  | ${plain(line)}`)),
      `${sign} ${plain(recipe)}: ${summary} (${duration_s.toFixed(1)}s${warning_count > 0 ? `, ${warning_count} with "warning"` : ""})`,
      `  all it said: ${plain(log_path)}`,
    ])
    .join("\n");
}
