import type { Lease } from "../git/worktrees.ts";
import { keptSetup } from "../kept_setup.ts";
import { runSetup, type SetupSite } from "../run_setup.ts";

/**
 * Has what the project's `setup_cmd` makes in a worktree before the worker begins: on the base's own files, or, in an attempt that
 * goes on from kept work, on those with that work.
 *
 * @param keeps as `runSetup`
 * @returns why it failed, or null; when the signal came, it says nothing
 */
export async function prepare(
  site: SetupSite,
  { path, git, index_file }: Lease,
  { signal, keeps = false }: { signal: AbortSignal; keeps?: boolean },
): Promise<string | null> {
  if (site.project.commands.setup === null) return null;
  if (site.project.rules.sandbox.worktree.setup_reads.length === 0) return runSetup(site, path, { signal, keeps });
  const [commit, tree] = await Promise.all([git.text(["rev-parse", "HEAD"]), git.text(["write-tree"], { index_file })]);
  const kept = await keptSetup(site, { commit, tree, keeps }, signal);
  if (signal.aborted) return null;
  return "give" in kept && (await kept.give(path)) ? null : runSetup(site, path, { signal, keeps });
}
