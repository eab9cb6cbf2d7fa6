/**
 * What a WASM component tool costs: compiling it, once for each file; a call, which is a process of its own each time, as
 * the isolated process makes it; and of that what instance and function take in a warm process. Medians.
 * Usage: bun scripts/bench/component.ts [--runs 25] [--bin dist/dgov] [--component FILE.wasm] [--input JSON]
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { answerOrder } from "../../packages/sandbox/src/component/child.ts";
import type { Component } from "../../packages/sandbox/src/component/component.ts";
import type { ComponentOrder } from "../../packages/sandbox/src/component/order.ts";
import { runComponent } from "../../packages/sandbox/src/component/run.ts";
import { buildComponent } from "../../test/components.ts";
import { claims, SCOPE } from "../../test/lab.ts";

const BUDGET_MS = 150;
const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "25" },
    bin: { type: "string" },
    component: { type: "string" },
    input: { type: "string", default: '{"path":"src/a.txt"}' },
  },
});
const folder = mkdtempSync(join(tmpdir(), "dgov-bench-"));
try {
  const cold_ms = await measure(values.component ? resolve(values.component) : await buildComponent("count_words"));
  console.log(`${cold_ms <= BUDGET_MS ? "within" : "OVER"} the budget of ${BUDGET_MS} ms for a cold call`);
  process.exitCode = cold_ms <= BUDGET_MS ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** @returns the median of a cold call */
async function measure(file: string): Promise<number> {
  const [root, tmp, into] = ["work", "tmp", "compiled"].map((name) => join(folder, name)) as [string, string, string];
  for (const path of [join(root, "src"), tmp, into]) mkdirSync(path, { recursive: true });
  writeFileSync(join(root, "src/a.txt"), "one two three\n");
  const scope = { ...SCOPE, read: claims("src/") };
  const self = values.bin
    ? [resolve(values.bin)]
    : [
        process.execPath,
        "--config=/dev/null",
        "--no-env-file",
        resolve(import.meta.dir, "../../packages/cli/src/main.ts"),
      ];
  const place = { child: [...self, "__isolated", "component"], root, tmp, scope };
  const kind = { name: "bench", kind: "tool", clock: false } as const;
  const compile: ComponentOrder = { do: "compile", ...kind, file, into };
  let files: Component["files"] = {};
  await time("compiled", async () => {
    const made = await runComponent(place, compile);
    if (!made.ok) throw new Error(made.why);
    files = JSON.parse(made.text) as Component["files"];
  });
  const component: Component = { ...kind, folder: into, files, timeout_ms: 60_000, memory_bytes: 256 * 1024 * 1024 };
  const order: ComponentOrder = { do: "call", component, input: values.input, write: false };
  const cold_ms = await time("called in a process of its own", async () => {
    const answer = await runComponent(place, order);
    if (!answer.ok) throw new Error(answer.why);
  });
  await time("called in a warm process", async () => {
    const answer = await answerOrder({ order, root, tmp, scope });
    if (!answer.ok) throw new Error(answer.why);
  });
  return cold_ms;
}

async function time(what: string, work: () => Promise<void>): Promise<number> {
  const times: number[] = [];
  for (let run = 0; run <= Number(values.runs); run++) {
    const start_ms = performance.now();
    await work();
    if (run > 0) times.push(performance.now() - start_ms); // the first warms the disk
  }
  times.sort((a, b) => a - b);
  const at = (part: number) => times[Math.floor((times.length - 1) * part)] ?? 0;
  console.log(
    `${what}: median ${at(0.5).toFixed(1)} ms, min ${at(0).toFixed(1)}, max ${at(1).toFixed(1)}, n ${times.length}`,
  );
  return at(0.5);
}
