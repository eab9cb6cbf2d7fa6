import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type Included, include, includedIn } from "./git/included.ts";
import { type Opening, openPool, poolFolder } from "./git/worktrees.ts";
import type { PinnedHooks } from "./lifecycle/pinned.ts";
import { openSymbols } from "./semantic/symbols.ts";
import { secretIn } from "./settlement/content.ts";
import type { Site } from "./site.ts";
import { readSops } from "./sops.ts";

/** `hooks`: those that a person has approved of; absent or null: none are run. */
type Parts = Omit<Site, "sops" | "charter" | "pool" | "symbols" | "out" | "leftOut" | "frozen" | "lifecycle"> & {
  hooks?: PinnedHooks | null;
};

/** Opens what a run needs besides its parts, lets it work, and closes that again, however it went. */
export async function inSite(parts: Parts, work: (site: Site) => Promise<void>): Promise<void> {
  const { git, world, session, project } = parts;
  const { root } = project;
  const out = join(root, ".dgov/out", session.id);
  mkdirSync(out, { recursive: true });
  const symbols = openSymbols({ git, self: world.self, now_ms: world.now_ms });
  const folder = poolFolder(root, world.env);
  const pool = openPool(git, { folder, now_ms: world.now_ms, ...furnishing(parts) });
  try {
    const { sops, charter } = readSops(root).sops;
    await work({
      ...parts,
      ...frozenIn(session),
      ...lifecycleIn(parts, out),
      sops,
      charter,
      pool,
      symbols,
      out,
      leftOut: new Map(),
    });
  } finally {
    symbols.close();
    await pool.close();
  }
}

/** What `.worktreeinclude` lists goes into each worktree, where the project asks for it. Looked up once a run, at its first commit. */
function furnishing({ git, world, session, project }: Parts): Pick<Opening, "furnish"> {
  if (!project.rules.sandbox.worktree.include) return {};
  const found: { once: Promise<Included> | null } = { once: null };
  const look = async () => {
    const included = await includedIn(git, session.run.started.head, secretIn);
    for (const [path, why] of included.refused) world.warn(`Not copied into worktrees: "${path}": ${why}`);
    return included;
  };
  return {
    async furnish(path) {
      found.once ??= look();
      include(project.root, path, await found.once);
    },
  };
}

/** The tests that were frozen when the run began: by its log, which no candidate can write. */
function frozenIn(session: Site["session"]): Pick<Site, "frozen"> {
  const [said] = session.read("tests_frozen", null);
  return said ? { frozen: said.tests } : {};
}

/** The hooks with what they may see and say. */
function lifecycleIn({ hooks, world, session, project, plan }: Parts, out: string): Pick<Site, "lifecycle"> {
  if (!hooks) return {};
  const keys = Object.values(project.providers).flatMap(({ api_key_env }) => api_key_env ?? []);
  const { env, warn } = world;
  return { lifecycle: { hooks, env, keys, run: session.id, plan: plan.name, out, warn } };
}
