import { readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";

/**
 * The folder that all worktrees of a repository share, found without starting git: a view must be there at once.
 *
 * @param root of a checkout
 * @returns null where there is no repository
 */
export function sharedGitFolder(root: string): string | null {
  const dotGit = join(root, ".git");
  const stat = statSync(dotGit, { throwIfNoEntry: false });
  if (!stat) return null;
  if (stat.isDirectory()) return dotGit;
  const own = resolve(
    root,
    readFileSync(dotGit, "utf8")
      .replace(/^gitdir: /, "")
      .trim(),
  );
  const common = join(own, "commondir");
  return statSync(common, { throwIfNoEntry: false }) ? resolve(own, readFileSync(common, "utf8").trim()) : own;
}
