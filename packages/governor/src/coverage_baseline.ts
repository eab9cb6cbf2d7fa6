import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { COVERAGE_BASELINE } from "./baseline_files.ts";
import { readProject } from "./config.ts";
import { DgovError } from "./error.ts";
import { openRepository } from "./git/readiness.ts";
import { treeOf } from "./git/tree_object.ts";
import { openPool, poolFolder } from "./git/worktrees.ts";
import { openJail, refuseNativeGates } from "./jail.ts";
import { refuseHosts } from "./network.ts";
import { ownCommands } from "./programs.ts";
import { removeTree } from "./remove_tree.ts";
import type { World } from "./session.ts";
import { openBench } from "./settlement/bench.ts";
import { type Coverage, formatBaseline } from "./settlement/coverage/baseline.ts";
import { type Measurement, measure } from "./settlement/coverage/measure.ts";
import { writeAtomic } from "./write.ts";

type Asking = Pick<World, "self" | "now_ms" | "env" | "signal"> & { cwd: string };

/** `output`: the file that was written, relative to the root; `percent`: the mean of all files, each counting alike. */
export type CoverageBaselineView = {
  output: string;
  commit: string;
  format: string;
  files: number;
  percent: number;
};

const NO_TASKS = { tasks: [] };

/**
 * Measures what the tests run of each file of HEAD, as the gate will: in the jail, on a checkout of its own, over all tests.
 * What the checkout has uncommitted is not looked at, but for the project's configuration.
 *
 * @throws DgovError `coverage_unmeasured`, or what stands in the way of a jail
 */
export async function saveCoverageBaseline({ cwd, env, self, now_ms, signal }: Asking): Promise<CoverageBaselineView> {
  const git = await openRepository(cwd, env);
  const project = readProject(git.root);
  if (project.commands.coverage === null)
    throw new DgovError("coverage_unmeasured", "Cannot measure coverage: the project has no coverage_cmd", {
      hint: 'Set coverage_cmd in .dgov/project.toml: a command that writes its report to "{output}"',
    });
  const [head] = await git.objects.info(["HEAD"]);
  if (!head)
    throw new DgovError("repo_empty", `Cannot measure coverage in "${git.root}": there is no commit to measure`);
  const jail = await openJail(
    { ...project.rules.sandbox, commands: ownCommands(project, NO_TASKS) },
    { self, now_ms, env },
  );
  refuseNativeGates(jail.level, project, NO_TASKS);
  refuseHosts(jail.level, project.rules.sandbox);
  const tree = await treeOf(git, head.oid);
  const out = mkdtempSync(join(tmpdir(), `dgov-private-${process.pid}-`)); // so that a later run removes it
  const pool = openPool(git, { folder: poolFolder(git.root, env), now_ms });
  try {
    const bench = await openBench({ pool, jail, git, project }, { head: head.oid, tree }, signal);
    try {
      const place = await bench.baseline().catch(unprepared);
      const coverage = coverageIn(await measure({ ...place, git, project, tree, out, log: "coverage.log" }));
      return save(git.root, coverage, head.oid);
    } finally {
      await bench.close();
    }
  } finally {
    await pool.close();
    removeTree(out);
  }
}

function unprepared(error: unknown): never {
  if (error instanceof DgovError) throw error;
  const why = error instanceof Error ? error.message : String(error);
  throw new DgovError("coverage_unmeasured", `Cannot measure coverage: ${why}`, { cause: error });
}

const SAID_CHARS = 1_000;

function coverageIn(measured: Measurement): Coverage {
  if (measured.coverage !== null) return measured.coverage;
  const { fault, said } = measured;
  const words = (said.output.tail || said.output.head).trim().slice(-SAID_CHARS);
  throw new DgovError("coverage_unmeasured", `Cannot measure coverage: ${fault.message}${words && `\n${words}`}`);
}

function save(root: string, coverage: Coverage, commit: string): CoverageBaselineView {
  const percents = [...coverage.files.values()];
  writeAtomic(join(root, COVERAGE_BASELINE), formatBaseline(coverage, commit));
  return {
    output: COVERAGE_BASELINE,
    commit,
    format: coverage.format,
    files: percents.length,
    percent: percents.reduce((sum, one) => sum + one, 0) / percents.length,
  };
}
