import { mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** What Go has built for whoever runs the tests: its standard library is built once, and not by each test. */
export const GO_CACHE = process.env.GOCACHE ?? join(homedir(), ".cache/go-build");

const LENT_MB_MAX = 300;

/** Copies it for a test that changes it, where it is small enough to save anything. Where it is not, Go builds what is missing. */
export function copyGoCache(to: string): void {
  const { stdout } = Bun.spawnSync(["du", "-sm", GO_CACHE], { stderr: "ignore" });
  const megabytes = Number.parseInt(stdout.toString(), 10); // NaN: there is none
  mkdirSync(to, { recursive: true });
  if (megabytes <= LENT_MB_MAX) Bun.spawnSync(["cp", "-a", `${GO_CACHE}/.`, to], { stderr: "ignore" });
}
