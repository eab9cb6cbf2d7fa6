import { join } from "node:path";
import { readProject } from "./config.ts";
import { DgovError } from "./error.ts";
import { nearest } from "./nearest.ts";
import { run } from "./process.ts";
import { findRoot } from "./root.ts";
import { writeAtomic } from "./write.ts";

type From = {
  cwd: string;
  env: Readonly<Record<string, string | undefined>>;
  now_ms: () => number;
  signal: AbortSignal;
};

export type RecipeList = { recipes: { name: string; description: string; command: string }[] };

/** `exit_code` -1: it did not end by itself, or did not begin. `log_path` is relative to the root. */
export type RecipeRun = {
  status: "pass" | "fail" | "interrupted";
  recipe: string;
  command: string;
  results: { exit_code: number; duration_s: number; warning_count: number; log_path: string; summary: string }[];
  tail: string; // the last lines of what it said
};

const TIMEOUT_MS = 300_000;
const OUTPUT_MAX_BYTES = 64_000_000;
const TAIL_LINES = 20;

/** The commands under `[verify]`, as the checkout has them. */
export function listRecipes({ cwd }: Pick<From, "cwd">): RecipeList {
  const { verify } = readProject(findRoot(cwd)).rules;
  return {
    recipes: Object.entries(verify).map(([name, { description, command }]) => ({ name, description, command })),
  };
}

/**
 * Runs one of them as the person would by hand: in the root, with their environment, in a shell. What it says goes into
 * `.dgov/runtime/verify`, whole.
 *
 * @throws DgovError `recipe_unknown`
 */
export async function runRecipe({ cwd, env, now_ms, signal }: From, name: string): Promise<RecipeRun> {
  const root = findRoot(cwd);
  const { verify } = readProject(root).rules;
  const recipe = Object.hasOwn(verify, name) ? verify[name] : undefined;
  if (!recipe) throw unknownRecipe(name, Object.keys(verify));
  const { command, log_name } = recipe;
  const began_ms = now_ms();
  const exit = await run(["/bin/sh", "-c", `exec 2>&1\n${command}`], {
    cwd: root,
    env: environment(env),
    timeout_ms: TIMEOUT_MS,
    bytes_max: OUTPUT_MAX_BYTES,
    signal,
  });
  const said = new TextDecoder().decode(exit.stdout);
  const log_path = `.dgov/runtime/verify/${log_name ?? `${name.replace(/[^\w.-]/g, "_")}.log`}`;
  writeAtomic(join(root, log_path), said);
  const lines = said.split("\n").filter((line) => line.trim() !== "");
  const result = {
    exit_code: exit.code ?? -1,
    duration_s: (now_ms() - began_ms) / 1000,
    warning_count: lines.filter((line) => /warning/i.test(line)).length,
    log_path,
    summary: summaryOf(exit),
  };
  const status = exit.ended === "aborted" ? "interrupted" : exit.code === 0 ? "pass" : "fail";
  return { status, recipe: name, command, results: [result], tail: lines.slice(-TAIL_LINES).join("\n") };
}

/** A hook's variables would lead the git of the command to another index than the one that is looked at. */
const environment = (env: From["env"]): Record<string, string> =>
  Object.fromEntries(
    Object.entries(env).flatMap(([key, value]) =>
      value === undefined || key.startsWith("GIT_") ? [] : [[key, value]],
    ),
  );

function summaryOf({ ended, code, signal, why }: Awaited<ReturnType<typeof run>>): string {
  switch (ended) {
    case "exit":
      return code === 0 ? "It passed" : `It failed with exit status ${code}`;
    case "signal":
      return `It was ended by ${signal}`;
    case "timeout":
      return `It took longer than ${TIMEOUT_MS / 1000} s, and was ended`;
    case "aborted":
      return "It was stopped";
    case "output_limit":
      return `It said more than ${OUTPUT_MAX_BYTES / 1_000_000} MB, and was ended`;
    case "not_started":
      return `It could not be started: ${why}`;
  }
}

function unknownRecipe(name: string, known: readonly string[]): DgovError {
  const close = nearest(name, known);
  const why = known.length === 0 ? "the project has no [verify] table" : "there is no such recipe";
  return new DgovError("recipe_unknown", `Cannot run the recipe "${name}": ${why}`, {
    ...(known.length === 0 ? { hint: "Add [verify.NAME] with a command to .dgov/project.toml" } : {}),
    ...(close ? { hint: `Did you mean "${close}"?` } : {}),
  });
}
