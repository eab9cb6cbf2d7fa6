import { existsSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { type CleanItem, type CleanView, clean } from "./clean.ts";
import { componentsFolder } from "./components.ts";
import { repositoryHolder } from "./lock.ts";
import { removeTree } from "./remove_tree.ts";
import { findRoot } from "./root.ts";
import { CACHE } from "./semantic/touched.ts";
import { sharedGitFolder } from "./shared_git_folder.ts";

type From = { cwd: string; env: Readonly<Record<string, string | undefined>>; now_ms: () => number };

/** `keep_days`: nothing goes that was in use so lately · `force` also the only copy of work that did not land */
export type PruneOptions = { keep_days: number; force: boolean; dry_run: boolean };

const DAY_MS = 24 * 60 * 60_000;

/**
 * Removes what old runs left: the refs of attempts that landed, whole logs, idle worktrees, and caches that nobody has
 * written to. The event log stays as it is.
 */
export async function prune({ cwd, env, now_ms }: From, options: PruneOptions): Promise<CleanView> {
  const { keep_days, force, dry_run } = options;
  const before_ms = now_ms() - keep_days * DAY_MS;
  const view = await clean({ cwd, env, now_ms }, { attempts: true, force, dry_run, before_ms });
  const root = findRoot(cwd);
  const common = sharedGitFolder(root);
  const holder = common === null ? null : repositoryHolder(common);
  for (const what of cachesOf(root, common)) {
    const item: CleanItem = { kind: "cache", what };
    if (holder) view.kept.push({ ...item, why: `process ${holder.pid} uses it` });
    else if (statSync(what).mtimeMs >= before_ms) view.kept.push({ ...item, why: "it was written to lately" });
    else {
      view.removed.push(item);
      if (!dry_run) forget(what);
    }
  }
  return view;
}

/** What was worked out, and can be again. */
const cachesOf = (root: string, common: string | null): string[] =>
  [...(common === null ? [] : [join(common, CACHE)]), componentsFolder(root)].filter((path) => existsSync(path));

/** A cache is a folder, or a database with the two files that go with it. */
function forget(path: string): void {
  if (statSync(path).isDirectory()) removeTree(path);
  for (const file of [path, `${path}-wal`, `${path}-shm`]) rmSync(file, { force: true });
}
