import { degradations, metricsOf } from "@dgov/semantic/architecture";
import { STRUCTURE_BASELINE, STRUCTURE_METADATA } from "./baseline_files.ts";
import { DgovError } from "./error.ts";
import type { Git } from "./git/git.ts";
import { land, targetHead } from "./git/land.ts";
import { dirtyPaths } from "./git/readiness.ts";
import { diffTrees } from "./git/tree_changes.ts";
import { treeOf } from "./git/tree_object.ts";
import { treeWith } from "./git/tree_with.ts";
import type { Site } from "./site.ts";
import { baselineFiles, qualityOf, structureBaselineAt } from "./structure/baseline.ts";
import { architectureAt } from "./structure/read_architecture.ts";

type Refreshing = Pick<Site, "git" | "project" | "session" | "symbols" | "target" | "world">;

/**
 * After a whole plan has landed, the baseline of structure says how the target is now, in a commit of its own: but only
 * when no metric is worse. A run of a part, one that failed or was stopped, and a checkout with changes in either file
 * leave it as it is, and so does a baseline that sentrux made. What is worse is told.
 */
export const refreshStructure = (site: Refreshing): Promise<void> =>
  refresh(site).catch((error) => {
    if (!(error instanceof DgovError)) throw error;
    site.world.warn(`The structure baseline stays as it is: ${error.message}`); // what was asked for has landed
  });

async function refresh(site: Refreshing): Promise<void> {
  const { git, project, session, symbols, target, world } = site;
  const { status, started } = session.run;
  if (status !== "complete" || started.only.length > 0 || project.rules.baselines.by !== "dgov") return;
  const head = await targetHead(git, target);
  const baseline = await structureBaselineAt(git, head);
  if (!baseline?.metrics || (await isOf(git, baseline.accepted_head, head))) return;
  const now = metricsOf(await architectureAt({ git, symbols, now_ms: world.now_ms }, await treeOf(git, head)));
  const worse = degradations(baseline.metrics, now);
  if (worse.length > 0) {
    const words = worse.map(({ words: what }) => what.toLowerCase()).join(", ");
    world.warn(
      `The structure is worse than its baseline, which stays as it is: ${words} ("dgov sentrux gate" says more)`,
    );
    return;
  }
  if ((await dirtyPaths(git)).some(isOwn)) return;
  const files = baselineFiles(now, { head, now_ms: world.now_ms() });
  const commit = await commitOf(site, { head, files });
  const at_ms = world.now_ms();
  const landed = await land(git, { target, head, commit, message: "dgov: refresh the structure baseline", at_ms });
  if (landed.kind === "branch")
    world.warn(
      `Refreshed the structure baseline: quality ${baseline.quality ?? "?"} -> ${qualityOf(now.quality_signal)}`,
    );
}

const isOwn = (path: string): boolean => path === STRUCTURE_BASELINE || path === STRUCTURE_METADATA;

/** Whether a baseline is of a commit, or of one with no other difference. */
async function isOf(git: Git, accepted_head: string | null, head: string): Promise<boolean> {
  const [known] = accepted_head === null ? [null] : await git.objects.info([accepted_head]);
  return known?.type === "commit" && (await diffTrees(git, known.oid, head)).every(({ path }) => isOwn(path));
}

type Writing = { head: string; files: Readonly<Record<string, string>> };

/** The head with these files in it. */
async function commitOf({ git, session, world }: Refreshing, { head, files }: Writing): Promise<string> {
  const tree = await treeWith(git, head, files);
  const stdin = `Refresh sentrux baseline\n\nDgov-Run: ${session.id}\n`;
  return git.text(["commit-tree", tree, "-p", head], { stdin, at_ms: world.now_ms() });
}
