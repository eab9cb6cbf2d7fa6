import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The agent of the fixtures as one file that a jail may read: `command` starts it, and its next word is what it plays. */
export async function buildAcpAgent(): Promise<{ folder: string; command: readonly string[]; remove(): void }> {
  const folder = mkdtempSync(join(tmpdir(), "dgov-acp-"));
  const built = await Bun.build({
    entrypoints: [join(import.meta.dir, "fixtures/agents/acp_agent.ts")],
    target: "bun",
    outdir: folder,
  });
  if (!built.success) throw new Error(built.logs.join("\n"));
  return {
    folder,
    command: [process.execPath, "--config=/dev/null", "--no-env-file", join(folder, "acp_agent.js")],
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
