import { readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";

/**
 * The folder that all worktrees of a repository share, found without starting git: a view must be there at once.
 *
 * @param root of a checkout
 * @returns null where there is no repository
 */
export function sharedGitFolder(root: string): string | null {
  const own = ownGitFolder(root);
  return own === null ? null : sharedBy(own);
}

/** The folder that git has for this very checkout; null where there is no repository. */
export function ownGitFolder(root: string): string | null {
  const dotGit = join(root, ".git");
  const stat = statSync(dotGit, { throwIfNoEntry: false });
  if (!stat) return null;
  if (stat.isDirectory()) return dotGit;
  const written = readFileSync(dotGit, "utf8");
  return resolve(root, written.replace(/^gitdir: /, "").trim());
}

/** The folder that all worktrees share, of the one that a checkout has. */
export function sharedBy(own: string): string {
  const common = join(own, "commondir");
  return statSync(common, { throwIfNoEntry: false }) ? resolve(own, readFileSync(common, "utf8").trim()) : own;
}
