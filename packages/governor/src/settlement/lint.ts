import type { Finding } from "@dgov/kernel";
import { z } from "zod";
import { addedLines } from "../git/added_lines.ts";
import type { IntegratedCandidate } from "./candidate.ts";
import { runProjectCommand, type Said, shellPaths, wholeText } from "./command.ts";

/** Diagnostics as ruff prints them with `--output-format=json`; a part of its own, the rest is left. */
const RuffReport = z.array(
  z.object({
    code: z.string().nullable(),
    message: z.string(),
    filename: z.string(),
    location: z.object({ row: z.int(), column: z.int() }),
  }),
);

type Linted = { name: "lint" | "format"; template: string; said: Said; files: readonly string[] };

/**
 * What a failing lint or format check has against this change. A linter that can say where is asked, and then only lines
 * count that the change brought in; any other is believed as it stands.
 */
export async function lintFindings(
  candidate: IntegratedCandidate,
  { name, template, said, files }: Linted,
): Promise<Finding[]> {
  const whole: Finding = {
    code: `${name}_failure`,
    message: `"${said.command}" fails on the integrated work (exit status ${said.result.exit})`,
  };
  if (name !== "lint" || !/\bruff\b[^|;&]*\bcheck\b/.test(template)) return [whole];
  const { git, head, tree, project, isolation, out, root } = candidate;
  const command = `${template.replaceAll("{file}", () => shellPaths(files))} --output-format=json`;
  const asked = await runProjectCommand(isolation, {
    command,
    timeout_ms: project.timeouts.settlement_ms,
    out,
    log: "lint.json",
  });
  const report = RuffReport.safeParse(jsonIn(asked));
  if (!report.success) return [whole];
  const added = await addedLines(git, head, tree);
  return report.data.flatMap(({ code, message, filename, location }) => {
    const path = filename.startsWith(`${root}/`) ? filename.slice(root.length + 1) : filename;
    const lines = added.get(path);
    if (lines !== undefined && !lines.has(location.row)) return [];
    return [{ code: `lint_${code ?? "syntax"}`, message, path, line: location.row, column: location.column }];
  });
}

function jsonIn(said: Said): unknown {
  try {
    return JSON.parse(wholeText(said));
  } catch {
    return null; // the report is not one: the caller then takes the linter's exit status
  }
}
