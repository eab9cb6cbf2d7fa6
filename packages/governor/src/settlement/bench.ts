import type { Isolation, Network } from "@dgov/sandbox";
import { hostsOrNone } from "../presets.ts";
import type { Site } from "../site.ts";
import type { IntegratedCandidate } from "./candidate.ts";

type Bench = Pick<IntegratedCandidate, "root" | "isolation" | "setupIsolation" | "baseline">;

/**
 * A fresh checkout of a tree with an isolated process in it, and on demand one of the head beside it, set up as the
 * other is. Everything is ended when the signal comes, so that no gate outlives a run that the user stopped.
 */
export async function openBench(
  { pool, jail, git, project }: Pick<Site, "pool" | "jail" | "git" | "project">,
  { head, tree }: { head: string; tree: string },
  signal: AbortSignal,
): Promise<Bench & { close(): Promise<void> }> {
  const git_dir = await git.commonDir();
  const gates = hostsOrNone(project.rules.sandbox.gate_hosts);
  const open: { isolations: Isolation[]; releases: (() => void)[] } = { isolations: [], releases: [] };
  const close = async () => {
    await Promise.all(open.isolations.splice(0).map((isolation) => isolation.stop()));
    for (const release of open.releases.splice(0)) release();
  };
  const end = () => void Promise.all(open.isolations.map((isolation) => isolation.stop()));
  signal.addEventListener("abort", end, { once: true });

  const start = async (root: string, network: Network): Promise<Isolation> => {
    const isolation = await jail.start({ root, write: "all", git_dir, network, scope: null });
    open.isolations.push(isolation);
    if (signal.aborted) await isolation.stop(); // the signal came before there was anything that it could end
    return isolation;
  };
  const checkout = async (content: string): Promise<string> => {
    const lease = await pool.acquire(head, { tree: content });
    open.releases.push(lease.release);
    return lease.path;
  };
  const openBaseline = async (): ReturnType<Bench["baseline"]> => {
    const beside = await checkout(head);
    if (project.commands.setup !== null) await prepare(beside);
    return { root: beside, isolation: await start(beside, gates) };
  };
  const prepare = async (beside: string): Promise<void> => {
    const isolation = await start(beside, project.rules.sandbox.setup);
    const command = project.commands.setup ?? "";
    const limits = { timeout_ms: project.timeouts.bootstrap_ms, output_max_bytes: 64_000_000, clip_bytes: 4_000 };
    const { exit, ended } = await isolation.exec({ command, ...limits });
    if (exit !== 0) throw new Error(`"${command}" fails on the target's head (${exit ?? ended})`);
  };
  const before: { made: ReturnType<Bench["baseline"]> | null } = { made: null };
  try {
    const root = await checkout(tree);
    return {
      root,
      isolation: await start(root, gates),
      setupIsolation: () => start(root, project.rules.sandbox.setup),
      baseline() {
        before.made ??= openBaseline();
        return before.made;
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
