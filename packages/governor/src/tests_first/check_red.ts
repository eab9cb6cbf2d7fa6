import { join } from "node:path";
import type { Isolation } from "@dgov/sandbox";
import type { Git } from "../git/git.ts";
import { treeOf } from "../git/tree_object.ts";
import { treeWith } from "../git/tree_with.ts";
import { readLeft } from "../left_file.ts";
import type { CompiledTask } from "../plan/compiled.ts";
import { runProjectCommand, unanswered, wholeText } from "../project_command.ts";
import { openBench } from "../settlement/bench.ts";
import { setup } from "../settlement/commands.ts";
import { runnerWords } from "../settlement/runners.ts";
import { temporaryFolder } from "../settlement/temporary_folder.ts";
import { testFolder } from "../settlement/tests.ts";
import type { Site } from "../site.ts";
import { type Ended, type Red, rednessOf, UNKNOWN_RUNNER, worstOf } from "./redness.ts";
import { readReport } from "./report.ts";
import { type Reporter, reporterOf } from "./reporters.ts";

/** Where tests are run: on checkouts of a commit, in the jail, as gates do. `others`: frozen tests of other tasks, by task. */
export type Checking = Pick<Site, "git" | "project" | "pool" | "jail"> & {
  commit: string;
  others: (task: CompiledTask) => readonly string[];
  out: string;
  signal: AbortSignal;
};

/**
 * Runs the acceptance tests of a task before there is any work, with those of other tasks out of the way: they are red as well,
 * and say nothing of this one.
 */
export async function checkRed(checking: Checking, task: CompiledTask): Promise<Red> {
  const { git, commit, project, out, signal } = checking;
  const template = task.test_cmd ?? "";
  const reporter = reporterOf(template);
  if (!reporter) return UNKNOWN_RUNNER;
  const tree = await without(git, commit, checking.others(task));
  const bench = await openBench(checking, { head: commit, tree, frozen: task.files.tests ?? [] }, signal);
  try {
    if (project.commands.setup !== null) {
      const prepared = await setup.check({ ...bench, project, out });
      const [why] = prepared.findings;
      if (prepared.verdict !== "pass")
        return unknown(why?.code ?? "setup_failed", why?.message ?? "The setup has failed");
    }
    const all: Red[] = [];
    for (const command of commandsOf(task, bench.root, checking))
      all.push(await oneRun({ ...bench, reporter, project, out, command, n: all.length + 1 }));
    return worstOf(all);
  } finally {
    await bench.close();
  }
}

const unknown = (code: string, message: string): Red => ({ is: "unknown", code, message, failed: 0, passed: 0 });

/** Each file by itself where the command can be told: one that cannot be loaded is not to hide behind one that fails. */
function commandsOf({ test_cmd, files: { tests = [] } }: CompiledTask, root: string, { project }: Checking): string[] {
  const template = test_cmd ?? "";
  if (!template.includes("{test_dir}")) return [template];
  const asking = { root, all: testFolder(project), layout: project.layout };
  return tests.flatMap((path) => {
    const words = runnerWords(template, [path], asking);
    return words === null ? [] : [template.replaceAll("{test_dir}", () => words)];
  });
}

async function without(git: Git, commit: string, paths: readonly string[]): Promise<string> {
  const tree = await treeOf(git, commit);
  return paths.length === 0 ? tree : await treeWith(git, tree, Object.fromEntries(paths.map((path) => [path, null])));
}

type Running = Pick<Checking, "project" | "out"> & {
  isolation: Isolation;
  reporter: Reporter;
  command: string;
  n: number;
};

const REPORT_MAX_BYTES = 64 * 1024 * 1024;

async function oneRun({ isolation, reporter, project, out, command, n }: Running): Promise<Red> {
  const timeout_ms = project.timeouts.settlement_ms;
  const run = (text: string, log: string, env = {}) =>
    runProjectCommand(isolation, { command: text, timeout_ms, out, log, env });
  const built = reporter.build ? await run(reporter.build(command), `build-${n}.log`) : null;
  const unbuilt = built && unanswered(built, timeout_ms);
  if (unbuilt) return unknown(unbuilt.code, unbuilt.message);
  const report = join(await temporaryFolder(isolation, out), `dgov-report-${n}`);
  const asked = reporter.ask(command, report);
  const said = await run(asked.command, `red-${n}.log`, asked.env);
  const missing = unanswered(said, timeout_ms);
  if (missing) return unknown(missing.code, missing.message);
  const text = reporter.says ? wholeText(said) : readLeft(report, REPORT_MAX_BYTES)?.toString("utf8");
  const ended: Ended = {
    exit: said.result.exit,
    ran: reporter.kind === null || text === undefined ? null : readReport(reporter.kind, text),
    built: built && built.result.exit === 0,
  };
  return rednessOf(reporter, ended);
}
