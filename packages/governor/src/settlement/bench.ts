import type { Isolation } from "@dgov/sandbox";
import type { Site } from "../site.ts";
import type { IntegratedCandidate } from "./candidate.ts";

type Bench = Pick<IntegratedCandidate, "root" | "isolation" | "setupIsolation" | "baseline">;

/**
 * A fresh checkout of a tree with an isolated process in it, and on demand one of the head beside it. Everything is
 * ended when the signal comes, so that no gate outlives a run that the user stopped.
 */
export async function openBench(
  { pool, jail, git, project }: Pick<Site, "pool" | "jail" | "git" | "project">,
  { head, tree }: { head: string; tree: string },
  signal: AbortSignal,
): Promise<Bench & { close(): Promise<void> }> {
  const git_dir = await git.commonDir();
  const open: { isolations: Isolation[]; releases: (() => void)[] } = { isolations: [], releases: [] };
  const close = async () => {
    await Promise.all(open.isolations.splice(0).map((isolation) => isolation.stop()));
    for (const release of open.releases.splice(0)) release();
  };
  const end = () => void Promise.all(open.isolations.map((isolation) => isolation.stop()));
  signal.addEventListener("abort", end, { once: true });

  const start = async (root: string, network: boolean): Promise<Isolation> => {
    const isolation = await jail.start({ root, write: "all", git_dir, network, scope: null });
    open.isolations.push(isolation);
    return isolation;
  };
  const checkout = async (content: string): Promise<string> => {
    const lease = await pool.acquire(head, { tree: content });
    open.releases.push(lease.release);
    return lease.path;
  };
  try {
    const root = await checkout(tree);
    return {
      root,
      isolation: await start(root, false),
      setupIsolation: () => start(root, project.rules.sandbox.setup_network),
      baseline: async () => {
        const beside = await checkout(head);
        return { root: beside, isolation: await start(beside, false) };
      },
      async close() {
        signal.removeEventListener("abort", end);
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}
