import { join } from "node:path";
import { mayHaveLanguage, openLanguages } from "@dgov/semantic";
import { type Git, items } from "./git/git.ts";
import { treeOf } from "./git/tree_object.ts";
import type { Outside } from "./preflight/judge.ts";
import { findCommitPlace, gitIn, headOf } from "./preflight/place.ts";
import { createAnalyst } from "./semantic/analyst.ts";
import { openBlobCache } from "./semantic/blob_cache.ts";
import { type Filled, fillCache } from "./semantic/fill_cache.ts";
import { CACHE } from "./semantic/touched.ts";
import type { Wanted } from "./semantic/tree_views.ts";

/** Of how many contents it is known now what stands at their top, and how many were left for want of time. */
export type LookedAhead = Filled & { took_ms: number };

/** Is told of how many files, before the first is looked at. */
type Begins = (files: number) => void;

/** Whoever installs a hook is there and waits; what is left is looked at by the commit that changes it. */
export const AHEAD_MAX_MS = 60_000;

/**
 * Looks at what HEAD has, so that a commit whose symbols are wanted need not: nearly all of what that waits for else
 * (docs/preflight.md). What is known is not looked at again, and what was done when it is stopped is kept.
 *
 * @throws DgovError `machine_refused` where no process can be had that looks at texts; of a repository as `findCommitPlace`
 */
export async function lookAhead(asking: Outside & { cwd: string; begins: Begins }): Promise<LookedAhead> {
  const { env, self, now_ms, signal, begins } = asking;
  const start_ms = now_ms();
  const place = findCommitPlace(asking);
  const git = gitIn(place, env);
  const head = headOf(place) ?? (await git.objects.info(["HEAD"]))[0]?.oid ?? null;
  if (head === null) return { looked: 0, left: 0, took_ms: 0 };
  const languages = openLanguages();
  const files = await filesOf(git, await treeOf(git, head), (path) => mayHaveLanguage(languages, path));
  const cache = openBlobCache(join(place.common_dir, CACHE), { now_ms });
  const analyst = createAnalyst(self);
  try {
    const goesOn = () => !signal.aborted && now_ms() - start_ms < AHEAD_MAX_MS;
    const filled = await fillCache({ git, cache, analyst, languages }, files, { depth: "heads", begins, goesOn });
    return { ...filled, took_ms: Math.round(now_ms() - start_ms) };
  } finally {
    analyst.close();
    cache.close();
  }
}

/** Links and other repositories are none. */
async function filesOf(git: Git, tree: string, isWanted: (path: string) => boolean): Promise<Wanted[]> {
  const { bytes } = await git.ask(["ls-tree", "-r", "-z", "--full-tree", tree]);
  return items(bytes).flatMap((row) => {
    const [, blob = "", path = ""] = /^100\d{3} blob ([0-9a-f]+)\t([\s\S]*)$/.exec(row) ?? [];
    return blob !== "" && isWanted(path) ? [{ path, blob }] : [];
  });
}
