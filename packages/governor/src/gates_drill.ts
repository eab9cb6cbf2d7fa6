import { join } from "node:path";
import { TaskId } from "@dgov/kernel";
import { openComponents, withComponents } from "./components.ts";
import { projectFrom } from "./config.ts";
import type { Range } from "./drill/ask_gate.ts";
import type { DrillRow, Facts } from "./drill/drill.ts";
import { type Begins, drillAll } from "./drill/drill_all.ts";
import { openScratch, type Scratch } from "./drill/scratch.ts";
import { DgovError } from "./error.ts";
import { items } from "./git/git.ts";
import { openRepository } from "./git/readiness.ts";
import { openPool, poolFolder } from "./git/worktrees.ts";
import { openJail, refuseNativeGates } from "./jail.ts";
import { refuseHosts } from "./network.ts";
import { projectAt } from "./preflight/base_project.ts";
import { ownCommands } from "./programs.ts";
import { openSymbols } from "./semantic/symbols.ts";
import type { World } from "./session.ts";

export type { DrillRow };

/** What became of each drill. `silent`: how many gates' drills let through what they must refuse. */
export type DrillView = {
  head: string;
  rows: readonly DrillRow[];
  fired: number;
  silent: number;
  not_drilled: number;
};

type Outside = Pick<World, "self" | "now_ms" | "env" | "signal"> & { begins: Begins };

/**
 * Puts known-bad changes before each gate that the project has at HEAD. All of it happens in a copy of that commit in a private
 * folder, by the gates that settlement asks; the repository is only read.
 *
 * @throws DgovError where nothing can be judged: no commit, a bad configuration, no jail
 */
export async function drillGates({ cwd, ...world }: Outside & { cwd: string }): Promise<DrillView> {
  const own = await openRepository(cwd, world.env);
  const [head] = await own.objects.info(["HEAD"]);
  if (!head) throw new DgovError("repo_empty", `Cannot drill the gates of "${own.root}": there is no commit to drill`);
  const scratch = await openScratch(own, head.oid, world.env);
  try {
    const rows = await inScratch(scratch, { ...world, root: own.root });
    if (world.signal.aborted)
      throw new DgovError("machine_refused", "Cannot drill the gates: it was stopped before all had answered");
    const many = (result: DrillRow["result"]) => rows.filter((row) => row.result === result).length;
    return { head: head.oid, rows, fired: many("fired"), silent: many("silent"), not_drilled: many("not_drilled") };
  } finally {
    scratch.close();
  }
}

const NO_TASKS = { tasks: [] };

/** @param world `root`: of the repository, whose runs have kept what a drill only reads */
async function inScratch(scratch: Scratch, world: Outside & { root: string }): Promise<DrillRow[]> {
  const { git, head, folder } = scratch;
  const { self, now_ms, signal, root, env } = world;
  const project = (await projectAt(git, head)) ?? projectFrom(git.root, null, () => false);
  const components_folder = `${folder}/components`;
  const sandbox = withComponents(project, components_folder);
  const jail = await openJail({ ...sandbox, commands: ownCommands(project, NO_TASKS) }, world);
  refuseNativeGates(jail.level, project, NO_TASKS);
  refuseHosts(jail.level, project.rules.sandbox);
  const symbols = openSymbols({ git, self, now_ms });
  const kept = project.rules.sandbox.worktree.cache ? { cache: join(poolFolder(root, env), "cache") } : {};
  const pool = openPool(git, { folder: `${folder}/worktrees`, ...kept, now_ms });
  try {
    const components = await openComponents({ git, project, head, jail, folder: components_folder });
    const range: Range = {
      ...{ scratch, symbols, project, pool, jail, components, now_ms, signal },
      task: TaskId.parse("gates/drill.one"),
      out: `${folder}/out`,
    };
    return await drillAll(range, await factsOf(scratch, project), world.begins);
  } finally {
    symbols.close();
    await pool.close();
  }
}

async function factsOf({ git, head }: Scratch, project: Facts["project"]): Promise<Facts> {
  const listed = await git.ask(["ls-tree", "-r", "-z", "--name-only", "--full-tree", head]);
  const read = async (path: string) => {
    const [file] = await git.objects.info([`${head}:${path}`]);
    return file?.type === "blob" ? new TextDecoder().decode(await git.objects.content(file.oid)) : null;
  };
  return { project, paths: items(listed.bytes), read };
}
