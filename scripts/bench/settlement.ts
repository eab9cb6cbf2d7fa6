/**
 * What settlement costs each candidate where no command of the project is asked: from one landing to the next, of candidates
 * that change 20 files each, in a repository of 5,000 files. Once with plain texts and once with Python, whose symbols are read,
 * each on a head that others have moved.
 * Usage: bun scripts/bench/settlement.ts [--candidates 20] [--files 5000] [--changed 20] [--bin dist/dgov]
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Stored } from "../../packages/kernel/src/index.ts";
import { commandOf, goOn, type Laid, layFrozenRun } from "./frozen_run.ts";

const { values } = parseArgs({
  options: {
    candidates: { type: "string", default: "20" },
    files: { type: "string", default: "5000" },
    changed: { type: "string", default: "20" },
    bin: { type: "string", default: "dist/dgov" },
    steps: { type: "boolean", default: false }, // what the time of the candidate in the middle went to
  },
});
const [CANDIDATES, FILES, CHANGED] = [values.candidates, values.files, values.changed].map(Number) as [
  number,
  number,
  number,
];
const ASKED_MS = 150;

/** A module of some 1,500 bytes that uses its neighbour. */
const python = (n: number, value: number): string => {
  const parts = Array.from(
    { length: 12 },
    (_, at) => `def f_${n}_${at}(value, other=None):\n    total = value + ${at}\n    return total * ${value}\n`,
  );
  const next = (n + 1) % FILES;
  return `from pkg${next % 50}.m${next} import f_${next}_0\n\n\n${parts.join("\n\n")}\n\ndef use_${n}():\n    return f_${next}_0(${value})\n`;
};
const text = (n: number, value: number): string => `line ${n}\n`.repeat(100) + value;

const median = (values_ms: readonly number[]): number =>
  values_ms.toSorted((one, other) => one - other)[Math.floor(values_ms.length / 2)] ?? Number.NaN;

async function measure(name: string, ending: string, of: (n: number, value: number) => string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "dgov-bench-"));
  const place = { root: join(folder, "repo"), command: commandOf(values.bin) };
  const path = (n: number) => `pkg${n % 50}/m${n}${ending}`;
  const all = Array.from({ length: FILES }, (_, n) => n);
  const own = (at: number) => all.slice(at * CHANGED, (at + 1) * CHANGED);
  const laid: Laid = {
    files: Object.fromEntries(all.map((n) => [path(n), of(n, 2)])),
    work: Array.from({ length: CANDIDATES + 1 }, (_, at) =>
      Object.fromEntries(own(at).map((n) => [path(n), of(n, 3)])),
    ),
  };
  try {
    await layFrozenRun(place, laid);
    const after = goOn(place, laid, 1);
    const landed = after.filter(({ event }) => event.kind === "task_landed");
    const each_ms = landed.slice(1).map(({ at_ms }, at) => at_ms - (landed[at]?.at_ms ?? 0));
    const [first_ms, middle_ms] = [(landed[0]?.at_ms ?? 0) - (after[0]?.at_ms ?? 0), median(each_ms)];
    const worst_ms = Math.max(...each_ms);
    console.log(
      `${name}: ${middle_ms} ms a candidate (asked ${ASKED_MS}), at most ${worst_ms}; the first ${first_ms} with the start; ${landed.length} landed`,
    );
    if (values.steps) console.log(`  one after the other: ${each_ms.join(" ")}`);
    if (values.steps) tellSteps(after, Math.floor(landed.length / 2));
    if (landed.length < CANDIDATES || middle_ms > ASKED_MS) process.exitCode = 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function tellSteps(after: readonly Stored[], nth: number): void {
  const ends = after.flatMap(({ event }, at) => (event.kind === "task_landed" ? [at] : []));
  const from = ends[nth - 1] ?? 0;
  for (let at = from + 1; at <= (ends[nth] ?? 0); at++)
    console.log(`  ${(after[at]?.at_ms ?? 0) - (after[at - 1]?.at_ms ?? 0)} ms to ${after[at]?.event.kind}`);
}

await measure("texts", ".txt", text);
await measure("symbols", ".py", python);
