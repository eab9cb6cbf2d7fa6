import { expect, test } from "bun:test";
import { type Attention, attentionOf, STUCK_MS } from "./attention.ts";
import { NO_PROGRESS } from "./progress.ts";
import type { Status } from "./status.ts";

type Row = Status["task_list"][number];
const row = (state: Row["state"], phase = ""): Row => ({ slug: "a/b.c", state, plan_name: "p", phase, attempt: 1 });

// biome-ignore format: a table reads by its columns
test.each<[Row, silent_ms: number, process: "alive" | "gone", Attention]>([
  [row("waiting"),                       0,        "alive", "waiting"],
  [row("active"),                        0,        "alive", "working"],
  [row("active"),                        STUCK_MS, "alive", "stuck"],
  [row("active"),                        STUCK_MS, "gone",  "waiting"],
  [row("judging"),                       STUCK_MS, "alive", "stuck"],
  [row("ready"),                         STUCK_MS, "alive", "working"],
  [row("ready", "waits for approval"),   0,        "alive", "needs_you"],
  [row("ready", "waits for approval"),   0,        "gone",  "needs_you"],
  [row("landing"),                       0,        "alive", "working"],
  [row("landed"),                        STUCK_MS, "alive", "done"],
  [row("failed", "lint"),                0,        "alive", "failed"],
  [row("skipped"),                       0,        "alive", "left_out"],
])("%o, silent for %d ms, its process %s: %s", (task, silent_ms, process, want) => {
  const run = { run: "r1", plan: "p", plan_dir: "", target: "", state: "running", result: null, process } as const;
  const status = { task_list: [task], run: { ...run, sandbox: null, started_at_ms: 0, unverified: [], whole: null } };
  const heard = new Map([[task.slug, 1_000]]);
  const [live] = attentionOf(status, NO_PROGRESS, { heard, now_ms: 1_000 + silent_ms });
  expect(live).toMatchObject({ task: task.slug, attention: want, heard_ms: 1_000 });
});
