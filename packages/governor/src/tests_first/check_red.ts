import { treeOf } from "../git/tree_object.ts";
import { treeWith } from "../git/tree_with.ts";
import type { CompiledTask } from "../plan/compiled.ts";
import { openBench } from "../settlement/bench.ts";
import { setup } from "../settlement/commands.ts";
import { type Red, unknownRed } from "../settlement/red/redness.ts";
import { runRed } from "../settlement/red/run_red.ts";
import type { Site } from "../site.ts";

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
  const left_out = Object.fromEntries(checking.others(task).map((path) => [path, null]));
  const tree = await treeWith(git, await treeOf(git, commit), left_out);
  const bench = await openBench(checking, { head: commit, tree, frozen: task.files.tests ?? [] }, signal);
  try {
    if (project.commands.setup !== null) {
      const prepared = await setup.check({ ...bench, project, out });
      const [why] = prepared.findings;
      if (prepared.verdict !== "pass")
        return unknownRed(why?.code ?? "setup_failed", why?.message ?? "The setup has failed");
    }
    return await runRed({ ...bench, project, out }, task);
  } finally {
    await bench.close();
  }
}
