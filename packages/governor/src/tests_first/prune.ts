import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Stages } from "@dgov/kernel/stages";
import { filesAt } from "../git/files_at.ts";
import type { Git } from "../git/git.ts";
import { land } from "../git/land.ts";
import { treeOf } from "../git/tree_object.ts";
import { treeWith } from "../git/tree_with.ts";
import { takeRepository } from "../lock.ts";
import { readPlan } from "../plan/read.ts";
import { HOMES } from "../root.ts";

type Pruning = {
  git: Git;
  root: string;
  dir: string;
  head: string;
  target: string;
  stages: Pick<Stages, "written">;
  declared: ReadonlySet<string>; // tests of the plan as it is now
};

/**
 * Removes tests that an author has written for an earlier form of the plan, and that no plan has any more, in a commit of its
 * own. What a person has written, or has changed since, stays, and so does what is gone already.
 *
 * @returns the head after it, and which paths of an author are no longer there
 */
export async function pruneTests(
  { git, root, dir, head, target, stages, declared }: Pruning,
  at_ms: number,
): Promise<{ head: string; pruned: string[] }> {
  const stale = [...stages.written].filter(([path]) => !declared.has(path));
  if (stale.length === 0) return { head, pruned: [] };
  const others = new Set(
    otherPlans(root, dir).flatMap((plan) => readPlan(root, plan).tasks.flatMap(({ tests }) => tests)),
  );
  const there = await filesAt(
    git,
    head,
    stale.map(([path]) => path),
  );
  const gone = stale.map(([path]) => path).filter((path) => there.get(path) === null);
  const own = stale.filter(([path, hash]) => there.get(path) === hash && !others.has(path)).map(([path]) => path);
  if (own.length === 0) return { head, pruned: gone };
  const lock = takeRepository(await git.commonDir(), at_ms);
  try {
    const tree = await treeWith(git, await treeOf(git, head), Object.fromEntries(own.map((path) => [path, null])));
    const message = `test: ${own.length} that no plan asks for any more`;
    const commit = await git.text(["commit-tree", tree, "-p", head], { stdin: `${message}\n`, at_ms });
    const landed = await land(git, { target, head, commit, message: "dgov: prune tests", at_ms });
    return landed.kind === "moved" ? { head, pruned: gone } : { head: commit, pruned: [...gone, ...own] };
  } finally {
    lock.release();
  }
}

/** Folders of the repository's other plans, without those that are done with. */
function otherPlans(root: string, own: string): string[] {
  const homes = HOMES.filter((home) => existsSync(join(root, home)));
  const folders = homes.flatMap((home) => readdirSync(join(root, home)).map((name) => `${home}/${name}`));
  return folders.filter((folder) => folder !== own && existsSync(join(root, folder, "_root.toml")));
}
