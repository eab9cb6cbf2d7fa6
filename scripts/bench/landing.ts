/**
 * How many candidates land a second: a run is cut off at its start, all its tasks are given a frozen candidate, each of
 * one file of a generated repository, and the run goes on. No gates, so what is measured is integration, the checks that
 * need no command, and the landing. Usage: bun scripts/bench/landing.ts [--tasks 1000] [--files 1000] [--bin dist/dgov]
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Event } from "../../packages/kernel/src/index.ts";
import { commandOf, goOn, type Laid, layFrozenRun } from "./frozen_run.ts";

const { values } = parseArgs({
  options: {
    tasks: { type: "string", default: "1000" },
    files: { type: "string", default: "1000" },
    bin: { type: "string", default: "dist/dgov" },
  },
});
const [TASKS, FILES] = [Number(values.tasks), Number(values.files)];
const ASKED = 15; // landings a second
const folder = mkdtempSync(join(tmpdir(), "dgov-bench-"));
const place = { root: join(folder, "repo"), command: commandOf(values.bin) };
const paths = Array.from({ length: TASKS }, (_, n) => `pkg${n % 50}/file${n}.txt`);
const others = Array.from({ length: Math.max(0, FILES - TASKS) }, (_, n) => `rest${n % 50}/file${n}.txt`);
const laid: Laid = {
  files: Object.fromEntries([
    ...paths.map((path) => [path, "0\n"]),
    ...others.map((path, n) => [path, `line ${n}\n`.repeat(20)]),
  ]),
  work: paths.map((path, n) => ({ [path]: `${n} is done\n` })),
};
try {
  await layFrozenRun(place, laid);
  const after = goOn(place, laid);
  const of = (kind: Event["kind"]) => after.filter(({ event }) => event.kind === kind);
  const landed = of("task_landed").map(({ at_ms }) => at_ms);
  const begun_ms = after[0]?.at_ms ?? Number.NaN;
  const rate = landed.length / ((Math.max(...landed) - begun_ms) / 1000);
  console.log(
    `${landed.length} of ${TASKS} landed, ${rate.toFixed(1)} a second (asked ${ASKED}); ${of("candidate_passed").length} judgements`,
  );
  if (landed.length < TASKS || rate < ASKED) process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
