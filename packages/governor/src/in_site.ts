import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { openPool, poolFolder } from "./git/worktrees.ts";
import { openSymbols } from "./semantic/symbols.ts";
import type { Site } from "./site.ts";
import { readSops } from "./sops.ts";

type Parts = Omit<Site, "sops" | "charter" | "pool" | "symbols" | "out" | "leftOut" | "frozen">;

/** Opens what a run needs besides its parts, lets it work, and closes that again, however it went. */
export async function inSite(parts: Parts, work: (site: Site) => Promise<void>): Promise<void> {
  const { git, world, session, project } = parts;
  const { root } = project;
  const out = join(root, ".dgov/out", session.id);
  mkdirSync(out, { recursive: true });
  const symbols = openSymbols({ git, self: world.self, now_ms: world.now_ms });
  const pool = openPool(git, { folder: poolFolder(root, world.env), now_ms: world.now_ms });
  try {
    const { sops, charter } = readSops(root).sops;
    await work({ ...parts, ...frozenIn(session), sops, charter, pool, symbols, out, leftOut: new Map() });
  } finally {
    symbols.close();
    await pool.close();
  }
}

/** The tests that were frozen when the run began: by its log, which no candidate can write. */
function frozenIn(session: Site["session"]): Pick<Site, "frozen"> {
  const [said] = session.read("tests_frozen", null);
  return said ? { frozen: said.tests } : {};
}
