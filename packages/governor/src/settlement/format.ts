import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Finding } from "@dgov/kernel";
import type { Isolation } from "@dgov/sandbox";
import { runProjectCommand, type Said, unanswered } from "../project_command.ts";
import type { IntegratedCandidate } from "./candidate.ts";
import { shellPaths } from "./command.ts";

/** A check that failed over `files`, and what it is made from. */
export type Failing = { template: string; said: Said; files: readonly string[] };

/**
 * What a failing format check has against this change. A file that was badly formatted before is not the change's fault:
 * a check says no more of a file than yes or no, and its new lines were formatted where there is a formatter.
 */
export async function formatFindings(
  candidate: IntegratedCandidate,
  { template, said, files }: Failing,
): Promise<Finding[]> {
  const whole: Finding = {
    code: "format_failure",
    message: `"${said.command}" fails on the integrated work (exit status ${said.result.exit})`,
  };
  if (!template.includes("{file}") || candidate.changes.every(({ old_mode }) => old_mode === "000000")) return [whole];
  const beside = await candidate.baseline();
  const old = files.filter((path) => existsSync(join(beside.root, path)));
  const passes = checker(candidate, template);
  if (old.length === 0 || (await passes(beside.isolation, old))) return [whole];
  let failing = 0;
  const findings: Finding[] = [];
  for (const path of files) {
    if (await passes(candidate.isolation, [path])) continue;
    failing += 1;
    if (old.includes(path) && !(await passes(beside.isolation, [path]))) continue;
    findings.push({ code: "format_failure", message: `"${path}" is not formatted as the project wants it`, path });
  }
  return failing === 0 ? [whole] : findings;
}

/** Whether the check passes over some files. @throws Error when it has no answer: the gate is then broken */
function checker({ project, out }: IntegratedCandidate, template: string) {
  const timeout_ms = project.timeouts.settlement_ms;
  return async (isolation: Isolation, paths: readonly string[]): Promise<boolean> => {
    const command = template.replaceAll("{file}", () => shellPaths(paths));
    const said = await runProjectCommand(isolation, { command, timeout_ms, out, log: "format-again.log" });
    const missing = unanswered(said, timeout_ms);
    if (missing) throw new Error(missing.message);
    return said.result.exit === 0;
  };
}
