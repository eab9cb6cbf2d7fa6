import { type ValidateView, validateForUser } from "@dgov/governor/compile";
import { counted } from "@dgov/governor/counted";
import { z } from "zod";
import { defineCommand } from "../command.ts";
import { placeLine } from "../print.ts";

export const validate = defineCommand({
  name: "validate",
  summary: "Check a plan as compile does, and write nothing",
  examples: ["dgov validate add-limits"],
  args: z.strictObject({ path: z.string().describe("The plan's directory, or its name under .dgov/plans") }),
  flags: z.strictObject({}),
  run: async ({ path }, here) => validateForUser({ cwd: here.cwd, env: here.env, self: here.self }, path),
  text: renderValidate,
  exit: ({ valid }) => (valid ? 0 : 3),
  notes: ({ errors, warnings }) => [...errors, ...warnings].map(placeLine),
});

export function renderValidate({ valid, name, tasks, errors, graph }: ValidateView): string {
  if (!valid) return `Validation failed: ${counted(errors.length, "error")}`;
  const rows = tasks.map(({ id, role, depends_on, files }) => {
    const after = depends_on.length === 0 ? "" : ` after ${depends_on.join(", ")}`;
    const claims = Object.entries(files).flatMap(([key, paths]) =>
      paths.length === 0 ? [] : `${key} ${paths.join(", ")}`,
    );
    return `  ${id} (${role})${after}${claims.length === 0 ? "" : `: ${claims.join("; ")}`}`;
  });
  return [`Plan: ${name}`, `Tasks: ${tasks.length}`, ...rows, "", graph, "", "Validation passed"].join("\n");
}
