import { realpathSync } from "node:fs";
import type { Isolation } from "@dgov/sandbox";
import { runProjectCommand } from "../project_command.ts";

/**
 * Where commands of an isolation have their temporary files: the very path, inside the isolation and out here.
 *
 * @throws Error when it has no such place
 */
export async function temporaryFolder(isolation: Isolation, out: string): Promise<string> {
  const command = 'printf %s "$TMPDIR"';
  const { result } = await runProjectCommand(isolation, { command, timeout_ms: 60_000, out, log: "temporary.log" });
  if (result.exit === 0 && result.head.startsWith("/")) return realpathSync(result.head);
  throw new Error(`Cannot read a report: the isolation has no folder for temporary files (${result.ended})`);
}
