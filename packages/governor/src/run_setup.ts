import { type Isolation, IsolationLost } from "@dgov/sandbox";
import type { Site } from "./site.ts";
import { cacheForSetup } from "./tool_cache.ts";

export type SetupSite = Pick<Site, "project" | "jail" | "git" | "pool">;

/**
 * Runs the project's `setup_cmd` in a worktree.
 *
 * @param keeps whether what is fetched and built is kept for others: only where nobody but the target had a part in the files
 * @returns why it failed, or null; when the signal came, it says nothing
 */
export async function runSetup(
  { project, jail, git, pool }: SetupSite,
  root: string,
  { signal, keeps }: { signal: AbortSignal; keeps: boolean },
): Promise<string | null> {
  const command = project.commands.setup;
  if (command === null) return null;
  const isolation = await jail.start({
    root,
    write: "all",
    git_dir: await git.commonDir(),
    network: project.rules.sandbox.setup,
    scope: null,
    ...cacheForSetup({ project, pool }, keeps),
  });
  try {
    const { bootstrap_ms } = project.timeouts;
    const asked = { command, timeout_ms: bootstrap_ms, output_max_bytes: 64_000_000, clip_bytes: 4_000 };
    const result = await endedBy(signal, isolation, () => isolation.exec(asked));
    if (result === null || result.exit === 0) return null;
    const how = result.exit === null ? `ended by ${result.ended}` : `exit status ${result.exit}`;
    const refusals = [...(result.refused_hosts ?? []), ...(result.unreadable ?? [])];
    const refused = refusals.map((words) => `${words}; `).join("");
    return `setup_cmd failed (${how}): ${refused}${bothEnds(`${result.head}${result.tail}`)}`;
  } catch (error) {
    // A command can kill the process that serves it: that is its failure. A bug of ours goes on up.
    if (error instanceof IsolationLost) return "setup_cmd failed: its isolated process died";
    throw error;
  } finally {
    await isolation.stop();
  }
}

/** Some installers begin with the cause and end with how they are used, others end with it. */
const bothEnds = (said: string): string => (said.length > 700 ? `${said.slice(0, 350)} … ${said.slice(-350)}` : said);

/**
 * Does work in an isolation, and ends the isolation under it when the signal comes: no command of a project outlives a
 * run that the user stopped.
 *
 * @returns what the work gave, or null when the signal ended it
 */
export async function endedBy<Value>(
  signal: AbortSignal,
  isolation: Isolation,
  work: () => Promise<Value>,
): Promise<Value | null> {
  if (signal.aborted) return null;
  const stop = () => void isolation.stop();
  signal.addEventListener("abort", stop, { once: true });
  try {
    return await work();
  } catch (error) {
    if (signal.aborted && error instanceof IsolationLost) return null;
    throw error;
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
