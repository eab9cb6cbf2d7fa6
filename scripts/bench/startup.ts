/**
 * How long a command takes that only looks: `dgov --version`, and `dgov status` with 10,000 events in the log.
 * Medians over whole processes. Usage: bun scripts/bench/startup.ts [--runs 25] [--events 10000] [--bin dist/dgov]
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "25" },
    events: { type: "string", default: "10000" },
    bin: { type: "string", default: "dist/dgov" },
  },
});
const bin = resolve(values.bin);
const folder = mkdtempSync(join(tmpdir(), "dgov-bench-"));
try {
  Bun.spawnSync(["git", "init", "-q", folder]);
  Bun.spawnSync(["mkdir", join(folder, ".dgov")]);
  // The log of the replay benchmark, smaller: it is kept because the file is named.
  const fill = [process.execPath, resolve(import.meta.dir, "replay.ts"), values.events, join(folder, ".dgov/state.db")];
  const filled = Bun.spawnSync(fill);
  if (filled.exitCode !== 0) throw new Error(filled.stderr.toString());
  for (const args of [["--version"], ["status"], ["status", "--json"]]) {
    const times = Array.from({ length: Number(values.runs) + 1 }, () => time(args)).slice(1); // the first warms the disk
    times.sort((a, b) => a - b);
    const at = (part: number) => (times[Math.floor((times.length - 1) * part)] ?? 0).toFixed(1);
    console.log(`dgov ${args.join(" ")}: median ${at(0.5)} ms, min ${at(0)}, max ${at(1)}, n ${times.length}`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function time(args: readonly string[]): number {
  const start_ms = performance.now();
  const { exitCode, stderr } = Bun.spawnSync([bin, ...args], { cwd: folder });
  if (exitCode !== 0) throw new Error(`dgov ${args.join(" ")} ended with ${exitCode}: ${stderr}`);
  return performance.now() - start_ms;
}
