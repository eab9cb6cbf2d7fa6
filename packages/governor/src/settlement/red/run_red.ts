import { join } from "node:path";
import type { Isolation } from "@dgov/sandbox";
import { readLeft } from "../../left_file.ts";
import type { CompiledTask } from "../../plan/compiled.ts";
import type { Project } from "../../project.ts";
import { runProjectCommand, unanswered, wholeText } from "../../project_command.ts";
import { ranNone } from "../ran_none.ts";
import { runnerWords } from "../runners.ts";
import { temporaryFolder } from "../temporary_folder.ts";
import { testFolder } from "../tests.ts";
import { type Red, rednessOf, UNKNOWN_RUNNER, unknownRed, worstOf } from "./redness.ts";
import { readReport } from "./report.ts";
import { type Reporter, reporterOf } from "./reporters.ts";
import { absentNames, readFaults } from "./unbuilt.ts";

/** A checkout with tests in it, an isolation that runs commands there, and a folder that takes their whole outputs. */
export type Stand = { root: string; isolation: Isolation; project: Project; out: string };

/** Whether the acceptance tests of a task are red on a checkout: see `rednessOf`. */
export async function runRed(stand: Stand, task: Pick<CompiledTask, "test_cmd" | "files">): Promise<Red> {
  const reporter = reporterOf(task.test_cmd ?? "");
  if (!reporter) return UNKNOWN_RUNNER;
  const all: Red[] = [];
  const tests = task.files.tests ?? [];
  for (const command of commandsOf(task, stand))
    all.push(await oneRun({ ...stand, tests }, reporter, command, all.length + 1));
  return worstOf(all);
}

/** Each file by itself where the command can be told: one that cannot be loaded is not to hide behind one that fails. */
function commandsOf(
  { test_cmd, files: { tests = [] } }: Pick<CompiledTask, "test_cmd" | "files">,
  { root, project }: Stand,
): string[] {
  const template = test_cmd ?? "";
  if (!template.includes("{test_dir}")) return [template];
  const asking = { root, all: testFolder(project), layout: project.layout };
  return tests.flatMap((path) => {
    const words = runnerWords(template, [path], asking);
    return words === null ? [] : [template.replaceAll("{test_dir}", () => words)];
  });
}

const REPORT_MAX_BYTES = 64 * 1024 * 1024;

/** @param n counts the commands, for the names of their files */
async function oneRun(
  { root, isolation, project, out, tests }: Stand & { tests: readonly string[] },
  reporter: Reporter,
  command: string,
  n: number,
): Promise<Red> {
  const timeout_ms = project.timeouts.settlement_ms;
  const run = (text: string, log: string, env = {}) =>
    runProjectCommand(isolation, { command: text, timeout_ms, out, log, env });
  const built = reporter.build ? await run(reporter.build(command), `build-${n}.log`) : null;
  const unbuilt = built && unanswered(built, timeout_ms);
  if (unbuilt) return unknownRed(unbuilt.code, unbuilt.message);
  const report = join(await temporaryFolder(isolation, out), `dgov-report-${n}`);
  const asked = reporter.ask(command, report);
  const said = await run(asked.command, `red-${n}.log`, asked.env);
  const missing = unanswered(said, timeout_ms);
  if (missing) return unknownRed(missing.code, missing.message);
  const whole = wholeText(said);
  const text = reporter.says ? whole : readLeft(report, REPORT_MAX_BYTES)?.toString("utf8");
  const ran = reporter.kind === null || text === undefined ? null : readReport(reporter.kind, text);
  const ended = { exit: said.result.exit, ran, none: ranNone(command, whole), built: built && built.result.exit === 0 };
  if (reporter.explain === null || (ended.built !== false && (ran?.errors ?? 0) === 0))
    return rednessOf(reporter, { ...ended, absent: null });
  const { kind, ask } = reporter.explain;
  const told = ask(command);
  const why = await run(told.command, `unbuilt-${n}.log`, told.env);
  const faults = unanswered(why, timeout_ms) ? [] : readFaults(kind, wholeText(why));
  return rednessOf(reporter, { ...ended, absent: absentNames(faults, { root, tests }) });
}
