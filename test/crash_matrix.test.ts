import { expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Event, type EventKind } from "../packages/kernel/src/index.ts";
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

/** Kinds at which no run of the matrix is disturbed, each with where it is, or why it need not be. */
const ELSEWHERE: Readonly<Partial<Record<EventKind, string>>> = {
  run_resumed: "only a run that was disturbed has it: what goes on is not disturbed a second time",
  run_interrupted: "a signal's, in test/interrupt.test.ts",
  run_paused: "a person's, in test/pause.test.ts",
  run_forked: "written with the events that it copies or not at all, in test/fork.test.ts",
  head_judged: "no shape asks for the whole; test/final_head.test.ts kills a run there",
  good_head_kept: "the same",
  batch_begun: "packages/governor/src/settlement/batch_crash.test.ts",
  batch_judged: "the same",
  batch_split: "the same",
  review_opened:
    "test/review.test.ts kills a run at each event of a blind round; review/crash.test.ts cuts further rounds and answers",
  seat_voted: "the same",
  finding_answered: "a person's: test/findings.test.ts kills a run there",
  attempt_failed: "recovery itself writes it, of whoever was cut off",
  report_filed: "its role changes nothing: what is lost is done again",
  answer_given: "written with report_filed or not at all",
  candidate_stale: "comes of the order in which two land, which nobody fixes",
  landing_refused: "the same",
  integration_risk_scored: "the same",
  merged_by_symbol: "written before a verdict on the same tree, as gate_judged is",
  task_routed: "written with task_dispatched or not at all",
  task_skipped: "follows from the others, and is derived again by whoever goes on",
  task_cancelled: "a person's: test/steer.test.ts kills a run there",
  approval_answered: "the same",
  tests_frozen: "of a plan with frozen tests, which no shape has: test/tests_first.test.ts",
  agent_started: "of a program, which no shape has: test/agent_program.test.ts stops a run there",
  agent_ended: "the same",
  ledger_recalled: "written before the first call of an attempt, as task_dispatched is",
  checkout_behind: "test/behind.test.ts; the disks of the matrix come to it too",
};

test("C14 each kind of event is one at which a run is disturbed, or it is said where and why not", async () => {
  const folder = mkdtempSync(join(tmpdir(), "dgov-test-"));
  mkdirSync(join(folder, "places"));
  const driver = startDriver({ folder, disturbed: "nobody" });
  const kinds = new Set<string>(Object.keys(ELSEWHERE));
  for (const shape of Object.keys(SHAPES))
    for (const kind of (await driver.ask<Counted>({ count: shape })).kinds) kinds.add(kind);
  await driver.stop();
  rmSync(folder, { recursive: true });
  expect([...kinds].sort()).toEqual(Event.options.map(({ shape }) => shape.kind.value).sort());
}, 300_000);

const byFault = (all: readonly { scenario: Scenario }[]): Record<string, number> => {
  const names = all.map(({ scenario: { fault } }) => `${fault.at} ${fault.do}`);
  return Object.fromEntries(
    [...new Set(names)].sort().map((name) => [name, names.filter((one) => one === name).length]),
  );
};
