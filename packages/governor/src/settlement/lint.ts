import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Finding } from "@dgov/kernel";
import type { Isolation } from "@dgov/sandbox";
import { z } from "zod";
import { addedLines } from "../git/line_changes.ts";
import type { IntegratedCandidate } from "./candidate.ts";
import { runProjectCommand, type Said, shellPaths, wholeText } from "./command.ts";
import type { Failing } from "./format.ts";
import { newDiagnostics } from "./types.ts";

/** Diagnostics as ruff prints them with `--output-format=json`; a part of its own, the rest is left. */
const RuffReport = z.array(
  z.object({
    code: z.string().nullable(),
    message: z.string(),
    filename: z.string(),
    location: z.object({ row: z.int(), column: z.int() }),
  }),
);

type Fault = { code: string; message: string; path: string; line: number; column: number };

/**
 * What a failing lint has against this change: faults on lines that it brought in, and faults elsewhere that the target's
 * head has not, as an import that it left without use. A linter that has no report is compared by what it says.
 */
export async function lintFindings(
  candidate: IntegratedCandidate,
  { template, said, files }: Failing,
): Promise<Finding[]> {
  if (!/\bruff\b[^|;&]*\bcheck\b/.test(template)) return newDiagnostics(candidate, said, "lint");
  const { git, head, tree } = candidate;
  const faults = await ruffFaults(candidate, { template, files, beside: null });
  if (faults === null) return newDiagnostics(candidate, said, "lint");
  const added = await addedLines(git, head, tree);
  const isOwn = ({ path, line }: Fault) => added.get(path)?.has(line) ?? true;
  const elsewhere = faults.filter((fault) => !isOwn(fault));
  const fresh = new Set(elsewhere.length === 0 ? [] : await newFaults(candidate, { template, files, elsewhere }));
  return faults.filter((fault) => isOwn(fault) || fresh.has(fault));
}

/** Faults that the target's head has not, or not so often. Lines move, so where in a file they are does not count. */
async function newFaults(
  candidate: IntegratedCandidate,
  { template, files, elsewhere }: { template: string; files: readonly string[]; elsewhere: readonly Fault[] },
): Promise<Fault[]> {
  const beside = await candidate.baseline();
  const old = files.filter((path) => existsSync(join(beside.root, path)));
  const before = await ruffFaults(candidate, { template, files: old, beside });
  if (before === null) throw new Error("The linter has no report of the target's head");
  const left = new Map<string, number>();
  for (const fault of before) left.set(identity(fault), (left.get(identity(fault)) ?? 0) + 1);
  return elsewhere.filter((fault) => {
    const known = left.get(identity(fault)) ?? 0;
    left.set(identity(fault), known - 1);
    return known <= 0;
  });
}

const identity = ({ path, code, message }: Fault): string => [path, code, message.replace(/\d+/g, "0")].join("\n");

type Asking = { template: string; files: readonly string[]; beside: { root: string; isolation: Isolation } | null };

/** What ruff reports of these files, here or beside, on the target's head. Null when that is no report. */
async function ruffFaults(
  candidate: IntegratedCandidate,
  { template, files, beside }: Asking,
): Promise<Fault[] | null> {
  const { root, isolation } = beside ?? candidate;
  const said = await runProjectCommand(isolation, {
    command: `${template.replaceAll("{file}", () => shellPaths(files))} --output-format=json`,
    timeout_ms: candidate.project.timeouts.settlement_ms,
    out: candidate.out,
    log: beside ? "lint-before.json" : "lint.json",
  });
  const report = RuffReport.safeParse(jsonIn(said));
  if (!report.success) return null;
  return report.data.map(({ code, message, filename, location }) => ({
    code: `lint_${code ?? "syntax"}`,
    message,
    path: filename.startsWith(`${root}/`) ? filename.slice(root.length + 1) : filename,
    line: location.row,
    column: location.column,
  }));
}

function jsonIn(said: Said): unknown {
  try {
    return JSON.parse(wholeText(said));
  } catch {
    return null; // the report is not one: the caller then takes the linter's words
  }
}
