import { DgovError } from "../error.ts";
import { run } from "../process.ts";
import type { World } from "../session.ts";

/** What the program sentrux said. `quality` counts to 10,000, as its words have it last; null: they have none. */
export type SentruxSaid = { exit: number; output: string; quality: number | null; degraded: boolean };

const TIMEOUT_MS = 30_000;
const OUTPUT_MAX_BYTES = 8_000_000;

/**
 * Runs the program sentrux in a folder as the person would by hand.
 *
 * @throws DgovError `sentrux_missing`, `sentrux_failed`
 */
export async function runSentrux(
  { cwd, env }: Pick<World, "env"> & { cwd: string },
  args: readonly string[],
): Promise<SentruxSaid> {
  const program = Bun.which("sentrux", { PATH: env.PATH ?? "" });
  if (program === null)
    throw new DgovError("sentrux_missing", "Cannot measure the structure: there is no program sentrux on PATH");
  const given = Object.entries(env).flatMap(([key, value]) => (value === undefined ? [] : [[key, value] as const]));
  const limits = { timeout_ms: TIMEOUT_MS, bytes_max: OUTPUT_MAX_BYTES };
  const ended = await run([program, ...args], { cwd, env: Object.fromEntries(given), ...limits });
  const output = new TextDecoder().decode(ended.stdout) + ended.stderr;
  if (ended.code === null)
    throw new DgovError(
      "sentrux_failed",
      `Cannot measure the structure: sentrux did not end by itself (${ended.ended})`,
    );
  const said = { exit: ended.code, output, quality: qualityIn(output), degraded: saysDegraded(output) };
  if (said.exit !== 0 && !said.degraded)
    throw new DgovError(
      "sentrux_failed",
      `Cannot measure the structure: sentrux fails (exit status ${said.exit})\n${output.trim().slice(-1_000)}`,
    );
  return said;
}

/** Whether its words say that something is worse. */
export const saysDegraded = (output: string): boolean => /\bDEGRADED\b|^\s*✗/m.test(output);

/** "Quality: 7841", "Quality: 7841 -> 6853", "quality 0.91". */
function qualityIn(output: string): number | null {
  const [, number] = /\bquality\b[^\d\n]*(?:[\d.]+\s*->\s*)?(\d+(?:\.\d+)?)/i.exec(output) ?? [];
  const value = Number(number);
  if (number === undefined) return null;
  return value <= 1 ? Math.floor(value * 10_000 + 1e-9) : Math.floor(value);
}
