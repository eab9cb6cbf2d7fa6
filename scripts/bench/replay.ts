// Replays a log of 1,000,000 events as a governor does after a crash: read, check each hash and shape, fold.
// `bun scripts/bench/replay.ts [events] [file]`; a file that exists is read as it is, otherwise it is made and removed.
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Event, openLog, RunId, replay, type Stored, TaskId } from "../../packages/kernel/src/index.ts";

const TASKS = 300;
const ROUNDS = 5;
const events_max = Number(process.argv[2] ?? 1_000_000);
const folder = mkdtempSync(join(tmpdir(), "dgov-bench-"));
const path = process.argv[3] ?? join(folder, "state.db");
const run = RunId.parse("r20260101T000000-bench");
const oid = "0123456789abcdef0123456789abcdef01234567";

try {
  if (!existsSync(path)) fill(path);
  const rates: number[] = [];
  for (let round = 0; round < ROUNDS; round++) rates.push(measure());
  rates.sort((a, b) => a - b);
  const rss = process.memoryUsage.rss() / 2 ** 20;
  console.log(
    `median ${Math.round(rates[ROUNDS >> 1] ?? 0)} events/s over ${ROUNDS} rounds, ${Math.round(rss)} MiB RSS`,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function measure(): number {
  const log = openLog(path, { readonly: true });
  const from_ms = performance.now();
  let count = 0;
  const counted = function* (stored: Iterable<Stored>) {
    for (const event of stored) {
      count += 1;
      yield event;
    }
  };
  const state = replay(counted(log.read({ run })));
  const took_ms = performance.now() - from_ms;
  log.close();
  console.log(`${count} events in ${Math.round(took_ms)} ms, ${state?.tasks.length} tasks, run "${state?.state}"`);
  return count / (took_ms / 1000);
}

/** As a long run of 300 tasks would leave it: mostly tool calls and model calls, a few moves between. */
function fill(file: string): void {
  const log = openLog(file);
  let seq = 0;
  let batch: Event[] = [];
  const from_ms = performance.now();
  const flush = () => {
    seq = log.appendAll(run, seq, seq, batch).at(-1)?.seq ?? seq;
    batch = [];
  };
  for (const event of story(events_max)) if (batch.push(event) === 5000) flush();
  if (batch.length > 0) flush();
  console.log(`${seq} events written in batches in ${Math.round(performance.now() - from_ms)} ms`);
  log.close();
}

function* story(total: number): Generator<Event> {
  const tasks = Array.from({ length: TASKS }, (_, at) => TaskId.parse(`core/part.t${at}`));
  yield started(tasks);
  const each = Math.floor((total - 2) / TASKS);
  for (const [at, task] of tasks.entries()) {
    const last = at === TASKS - 1;
    yield* life(task, last ? total - 2 - each * (TASKS - 1) : each);
  }
  yield { kind: "run_ended", status: "complete" };
}

function* life(task: TaskId, length: number): Generator<Event> {
  const at = { task, attempt: 1 };
  const judged = { ...at, head: oid, tree: oid, commit: oid };
  yield { kind: "task_dispatched", ...at, base: oid, provider: "p", agent: "a", tier: 0, carried_from: null };
  for (let n = 1; n <= length - 5; n++) yield work(at, n);
  yield { kind: "candidate_frozen", ...at, base: oid, tree: oid, commit: oid, summary: "did what was asked" };
  yield { kind: "candidate_passed", ...judged };
  yield { kind: "landing_started", ...judged };
  yield { kind: "task_landed", ...at, commit: oid };
}

function work(at: { task: TaskId; attempt: number }, n: number): Event {
  const call = Math.ceil(n / 4);
  if (n % 4 === 1) return { kind: "call_reserved", ...at, call, tokens: 9000, cost_micros: 40_000 };
  if (n % 4 === 2) {
    const usage = { input_tokens: 8000, output_tokens: 400, cost_micros: 30_000 };
    return { kind: "call_settled", ...at, call, usage, took_ms: 2100, said: "I read the caller first, then edit." };
  }
  const input = JSON.stringify({ path: "src/limiter.py", old: "return self.left > 0", new: "return self.left >= n" });
  const answer = { ok: true, refused_by: null, touched: ["src/limiter.py"], text: "Replaced 1 place", took_ms: 3 };
  return { kind: "tool_called", ...at, n, tool: "edit_file", input, ...answer };
}

function started(tasks: readonly TaskId[]): Event {
  return {
    kind: "run_started",
    plan: "bench",
    plan_dir: ".dgov/plans/bench",
    plan_hash: oid,
    config_hash: oid,
    target: "refs/heads/main",
    head: oid,
    source: "manual",
    only: [],
    jobs: 4,
    tasks: tasks.map((id) => ({ id, after: [], role: "worker", unit: oid, carried: null })),
    retry: { retries: 3, settlement_retries: 1, tiers: 1, backoff_ms: [0] },
    limits: { calls: null, tokens: null, cost_micros: null, wall_ms: null },
  };
}
