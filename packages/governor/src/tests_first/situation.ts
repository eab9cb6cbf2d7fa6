import type { TaskId } from "@dgov/kernel";
import { foldStages, STAGES, StageSaid, type Stages } from "@dgov/kernel/stages";
import { type Facts, type Standing, standingOf } from "@dgov/kernel/standing";
import { filesAt } from "../git/files_at.ts";
import type { Git } from "../git/git.ts";
import { diffTrees } from "../git/tree_changes.ts";
import type { CompiledPlan } from "../plan/compiled.ts";
import { readStream, type Stream } from "../record_files.ts";
import { readSpec, type Spec } from "./spec_text.ts";

/** What was said of a plan by tests-first: records in its own folder, which are committed with it. */
export const stageStream = (dir: string): Stream<typeof StageSaid> => ({
  ...{ name: STAGES, folder: `${dir}/_stages`, said: StageSaid },
});

/** How a plan by tests-first stands: what was said of it, what is there now, and what comes next. */
export type Situation = { stages: Stages; facts: Facts; standing: Standing; spec: Spec | null };

/** `head`: the commit that a run would begin on; `landed`: tasks of the plan that are done. */
export type Seen = { git: Git; root: string; dir: string; head: string; landed: ReadonlySet<TaskId> };

/** @param plan as it compiles now; null: it does not */
export async function situationOf(seen: Seen, plan: Pick<CompiledPlan, "hash" | "tasks"> | null): Promise<Situation> {
  const { git, root, dir, head, landed } = seen;
  const stages = foldStages(readStream(root, stageStream(dir)));
  const spec = readSpec(root, dir);
  const tasks = (plan?.tasks ?? []).map(({ id, unit, files }) => ({ id, unit, tests: files.tests ?? [] }));
  const tests = await filesAt(
    git,
    head,
    tasks.flatMap((task) => task.tests),
  );
  const moved = await movedSince(git, head, new Set([...stages.red.values()].map(({ commit }) => commit)));
  const facts: Facts = {
    spec: spec?.hash ?? null,
    plan: plan && { hash: plan.hash, tasks },
    tests,
    landed,
    moved: (since) => moved.get(since) ?? true,
  };
  return { stages, facts, standing: standingOf(stages, facts), spec };
}

/** What only says how work is planned has no part in what a test says. */
const isPlanning = (path: string): boolean => path.startsWith(".dgov/plans/");

/** Of each commit, whether sources have changed since. One that is not there has. */
async function movedSince(git: Git, head: string, commits: ReadonlySet<string>): Promise<Map<string, boolean>> {
  const moved = new Map<string, boolean>();
  for (const commit of commits) {
    const [there] = await git.objects.info([`${commit}^{commit}`]);
    const changes = there ? await diffTrees(git, commit, head) : null;
    moved.set(commit, changes?.some(({ path }) => !isPlanning(path)) ?? true);
  }
  return moved;
}
