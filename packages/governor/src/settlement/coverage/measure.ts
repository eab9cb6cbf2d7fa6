import { realpathSync } from "node:fs";
import { join } from "node:path";
import type { Finding } from "@dgov/kernel";
import type { Isolation } from "@dgov/sandbox";
import type { Git } from "../../git/git.ts";
import { jsonIn } from "../../json_text.ts";
import { readLeft } from "../../left_file.ts";
import type { Project } from "../../project.ts";
import { runProjectCommand, type Said, unanswered } from "../../project_command.ts";
import { shellPaths } from "../command.ts";
import { temporaryFolder } from "../temporary_folder.ts";
import type { Coverage } from "./baseline.ts";
import { type FileCoverage, FORMATS } from "./formats.ts";
import { placesOf } from "./places.ts";

/** What is measured: a checkout of `tree` at `root`. `log`: the name of the file in `out` for what the command says. */
export type Measured = {
  git: Git;
  project: Project;
  tree: string;
  root: string;
  isolation: Isolation;
  out: string;
  log: string;
};

/** `fault`: why there is no number; `answered`: it is for a reason that lies in what is measured. */
export type Measurement = { said: Said } & (
  | { coverage: Coverage }
  | { coverage: null; fault: Finding; answered: boolean }
);

const REPORT_MAX_BYTES = 64 * 1024 * 1024;
const FILES_MAX = 200_000;

/**
 * Runs the project's coverage_cmd over all of its tests and reads the report that it leaves at `{output}`: a file, or a
 * folder with a report of a known name in it. Some of the tests would cover less than the baseline, which is of all.
 *
 * @throws Error when the isolation has no place for a report
 */
export async function measure(measured: Measured): Promise<Measurement> {
  const { project, isolation, out, log } = measured;
  const report = join(await temporaryFolder(isolation, out), "dgov-coverage");
  const tests = project.layout.test_dir;
  const command = (project.commands.coverage ?? "")
    .replaceAll("{test_dir}", () => shellPaths([tests]))
    .replaceAll("{output}", () => shellPaths([report]));
  const timeout_ms = project.timeouts.settlement_ms;
  const said = await runProjectCommand(isolation, { command, timeout_ms, out, log });
  const missing = unanswered(said, timeout_ms);
  if (missing) return { said, coverage: null, fault: missing, answered: false };
  const fault = (code: string, message: string): Measurement => ({
    ...{ said, coverage: null, answered: true },
    fault: { code, message },
  });
  if (said.result.exit !== 0)
    return fault("coverage_failed", `"${command}" fails (exit status ${said.result.exit}), so nothing was measured`);
  const left = leftReport(report);
  if (left === null)
    return fault("coverage_no_report", `"${command}" left no report at {output} that could be read: "${report}"`);
  const json = jsonIn(left);
  for (const { name, read } of FORMATS) {
    const rows = read({ text: left, json });
    if (rows === null) continue;
    const files = await filesIn(measured, rows.slice(0, FILES_MAX));
    if (files.size > 0) return { said, coverage: { format: name, files } };
    return fault("coverage_unreadable", `The report of "${command}" speaks of no file of the project`);
  }
  const known = [...new Set(FORMATS.map(({ name }) => name))].join(", ");
  return fault("coverage_unreadable", `The report of "${command}" is of no known kind: ${known}`);
}

function leftReport(path: string): string | null {
  const files = [path, ...FORMATS.map(({ file }) => join(path, file))];
  const found = files.map((file) => readLeft(file, REPORT_MAX_BYTES)).find((bytes) => bytes !== null);
  return found === undefined ? null : new TextDecoder().decode(found);
}

async function filesIn({ git, tree, root }: Measured, rows: readonly FileCoverage[]): Promise<Map<string, number>> {
  const { bytes } = await git.ask(["ls-tree", "-r", "-z", "--full-tree", "--name-only", tree]);
  const paths = new Set(new TextDecoder().decode(bytes).split("\0").filter(Boolean));
  return placesOf(rows, { paths, roots: [root, realpathSync(root)] });
}
