import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Git } from "../git/git.ts";
import { openPool, poolFolder } from "../git/worktrees.ts";
import { openJail, refuseNativeGates } from "../jail.ts";
import { refuseHosts } from "../network.ts";
import type { CompiledPlan, CompiledTask } from "../plan/compiled.ts";
import { ownCommands } from "../programs.ts";
import type { Project } from "../project.ts";
import { removeTree } from "../remove_tree.ts";
import type { World } from "../session.ts";
import type { Red } from "../settlement/red/redness.ts";
import { checkRed } from "./check_red.ts";

type Outside = Pick<World, "self" | "now_ms" | "env" | "signal">;
type Shop = { git: Git; project: Project; plan: CompiledPlan; head: string; landed: ReadonlySet<string> };

/**
 * Runs the tests of tasks on a commit as gates will, one after the other, and tells of each as it is known.
 *
 * @throws what stands in the way of a jail
 */
export async function checkAll(
  { git, project, plan, head, landed }: Shop,
  tasks: readonly CompiledTask[],
  { self, now_ms, env, signal }: Outside,
  told: (task: CompiledTask, red: Red) => void,
): Promise<void> {
  const sandbox = { ...project.rules.sandbox, commands: ownCommands(project, plan) };
  const jail = await openJail(sandbox, { self, now_ms, env });
  refuseNativeGates(jail.level, project, plan);
  refuseHosts(jail.level, project.rules.sandbox);
  const out = mkdtempSync(join(tmpdir(), `dgov-private-${process.pid}-`)); // so that a later run removes it
  const pool = openPool(git, { folder: poolFolder(git.root, env), now_ms });
  const others = (own: CompiledTask) =>
    plan.tasks.flatMap(({ id, files: { tests = [] } }) => (id === own.id || landed.has(id) ? [] : tests));
  try {
    for (const task of tasks) {
      if (signal.aborted) return;
      const red = await checkRed({ git, project, pool, jail, commit: head, others, out, signal }, task);
      if (!signal.aborted) told(task, red);
    }
  } finally {
    await pool.close();
    removeTree(out);
  }
}
