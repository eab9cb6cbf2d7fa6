import { expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Asked, Counted, Played } from "./crash/drive.ts";
import { type Counts, type Scenario, scenariosOf } from "./crash/fault.ts";
import { SHAPES } from "./crash/shapes.ts";
import { canMount } from "./crash/storage.ts";

/** More than there are processors: part of a run is waiting. */
const DRIVERS = navigator.hardwareConcurrency + 2;
/** Where nothing can be mounted, or there is no tracer, their scenarios are left out. */
const isWhole = canMount() && Bun.which("strace") !== null;
const LEAST = isWhole ? 500 : 350;

/** A run that is killed is a process of its own, and there are hundreds: as an executable it is up in a third of the time. */
function buildDisturbed(folder: string): string {
  const [bin, root] = [join(folder, "disturbed"), join(import.meta.dir, "..")];
  const words = ["scripts/build.ts", "--entry", "test/crash/main.ts", "--outfile", bin];
  const { exitCode, stderr } = Bun.spawnSync([process.execPath, ...words], { cwd: root, stdin: "ignore" });
  if (exitCode !== 0) throw new Error(`Cannot build the program that is disturbed: ${stderr}`);
  return bin;
}

/**
 * Files of a process are in memory, where that can be had: a kill leaves the same there as on a disk, and nobody waits for
 * one. Nobody else sees the mount, and it ends with the process.
 */
const IN_MEMORY = 'mount -t tmpfs tmpfs "$0" && exec "$@"';
const hasMemory = canMount() && Bun.which("unshare") !== null;

/** A process that plays one scenario after another. */
function startDriver({ folder, disturbed }: { folder: string; disturbed: string }) {
  const script = join(import.meta.dir, "crash/drive.ts");
  const place = join(folder, "places");
  const memory = ["unshare", "--mount", "--propagation", "private", "sh", "-c", IN_MEMORY, place];
  const argv = [process.execPath, "--config=/dev/null", "--no-env-file", script, disturbed];
  const driver = Bun.spawn([...(hasMemory ? memory : []), ...argv], {
    cwd: "/",
    env: { ...process.env, TMPDIR: place },
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = linesOf(driver.stdout);
  return {
    async ask<Answer>(asked: Asked): Promise<Answer> {
      driver.stdin.write(`${JSON.stringify(asked)}\n`);
      await driver.stdin.flush();
      const { value, done } = await lines.next();
      if (done)
        throw new Error(
          `The driver has ended (${await driver.exited}, ${driver.signalCode}) at ${JSON.stringify(asked)}`,
        );
      return JSON.parse(value);
    },
    async stop() {
      await driver.stdin.end();
      expect(await driver.exited).toBe(0);
    },
  };
}

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string, void> {
  let rest = "";
  const decoder = new TextDecoder();
  for await (const chunk of stream) {
    const parts = `${rest}${decoder.decode(chunk, { stream: true })}`.split("\n");
    rest = parts.pop() ?? "";
    yield* parts;
  }
}

test(`C14 C15 a run that is disturbed in at least ${LEAST} ways goes on, and comes to what an undisturbed one does`, async () => {
  const folder = mkdtempSync(join(tmpdir(), "dgov-test-"));
  const disturbed = buildDisturbed(folder);
  mkdirSync(join(folder, "places"));
  const drivers = Array.from({ length: DRIVERS }, () => startDriver({ folder, disturbed }));
  const counted = new Map<string, Counted>();
  for (const shape of Object.keys(SHAPES)) {
    const told = await drivers[0]!.ask<Counted>({ count: shape });
    expect({ shape, wrong: told.wrong, landed: told.outcome.landed.length }).toMatchObject({
      wrong: [],
      landed: Object.keys(SHAPES[shape]?.tasks ?? {}).length,
    });
    counted.set(shape, told);
  }
  const counts: Record<string, Counts> = Object.fromEntries([...counted].map(([shape, told]) => [shape, told.counts]));
  const left = scenariosOf({ counts, canMount: canMount() });
  if (!isWhole) console.log("left out: full and read-only disks, or kills inside of git");
  const all = left.length;
  const played: Played[] = [];
  await Promise.all(
    drivers.map(async (driver) => {
      for (let next = left.shift(); next !== undefined; next = left.shift())
        played.push(await driver.ask<Played>({ scenario: next, wanted: counted.get(next.shape)!.outcome }));
    }),
  );
  for (const driver of drivers) await driver.stop();
  rmSync(folder, { recursive: true });
  const reached = played.filter((one) => one.reached);
  console.log(`${reached.length} of ${all} scenarios were reached: ${JSON.stringify(byFault(reached))}`);
  expect(played.filter(({ wrong }) => wrong.length > 0)).toEqual([]);
  expect(reached.length).toBeGreaterThanOrEqual(LEAST);
}, 1_800_000);

const byFault = (all: readonly { scenario: Scenario }[]): Record<string, number> => {
  const names = all.map(({ scenario: { fault } }) => `${fault.at} ${fault.do}`);
  return Object.fromEntries(
    [...new Set(names)].sort().map((name) => [name, names.filter((one) => one === name).length]),
  );
};
