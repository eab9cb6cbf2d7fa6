import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type FreezeOptions, type Frozen, freeze } from "./candidate.ts";
import type { Git } from "./git.ts";
import { copyIndex } from "./index_file.ts";
import { findAdmin, type Owner, parseOwner } from "./worktrees.ts";

/** The work of an attempt as it stands in its worktree, at `path`. */
export type Standing = { path: string; owner: Owner; frozen: Frozen };

/**
 * What stands in a task's worktree while its worker is at it, or after a kill. The worktree is not locked and nothing in
 * it is changed: the index that describes it is copied, and the next pool removes what a kill leaves of the copy.
 *
 * @param folder the pool's
 * @returns null: no worktree is the task's, or it was given back while it was looked at
 */
export async function standing(
  git: Git,
  folder: string,
  { run, task, ignores }: Pick<Owner, "run" | "task"> & Pick<FreezeOptions, "ignores">,
): Promise<Standing | null> {
  const found = ownersIn(folder).find(({ owner }) => owner.run === run && owner.task === task);
  if (!found) return null;
  const { path, owner } = found;
  const admin = await findAdmin({ git }, { path });
  if (admin === null || !existsSync(`${path}.index`)) return null;
  const copies = mkdtempSync(join(folder, "trash-look-"));
  try {
    const index_file = join(copies, "index");
    copyIndex(`${path}.index`, index_file);
    const frozen = await freeze({ git: git.at(path, admin), index_file }, { base: owner.base, ignores, as_is: true });
    const still = ownersIn(folder).some((one) => one.path === path && Bun.deepEquals(one.owner, owner));
    return still ? { path, owner, frozen } : null;
  } finally {
    rmSync(copies, { recursive: true, force: true });
  }
}

function ownersIn(folder: string): { path: string; owner: Owner }[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder).flatMap((file) => {
    const [, name] = /^(s\d+)\.owner$/.exec(file) ?? [];
    const text = name === undefined ? null : textOf(join(folder, file));
    const owner = text === null ? null : parseOwner(text);
    return owner === null ? [] : [{ path: join(folder, name ?? ""), owner }];
  });
}

/** Null for one that was given back since it was listed. */
const textOf = (file: string): string | null => (existsSync(file) ? readFileSync(file, "utf8") : null);
