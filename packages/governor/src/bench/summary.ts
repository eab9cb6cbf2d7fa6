import { z } from "zod";
import { type Metric, RunMetric } from "../view/metrics.ts";

/** Raised when a key changes its meaning or goes; further keys may come at any time. */
const FORMAT = 1;

const count = z.int().min(0);
const moment = z.int().nullable();
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

const Spent = z.object({
  calls: count,
  tokens: count,
  cost_micros: count.nullable().describe("Of the priced calls; null: there were calls, none with a price"),
  unpriced_calls: count,
});

const Row = z.object({
  profile: z.string(),
  outcome: z
    .enum(["complete", "red", "partial", "failed", "interrupted", "refused", "crashed", "not_run"])
    .describe(
      "How its run ended; refused: it could not begin; crashed: its process ended without a word; not_run: nothing was left to spend",
    ),
  error: z
    .object({ code: z.string(), message: z.string() })
    .nullable()
    .describe("Why there is no run, or none to its end"),
  took_ms: count.describe("Of its process, as the clock on the wall has it"),
  agents: z.array(z.string()).describe("PROVIDER/MODEL of all attempts, each once, in order"),
  without_escalation: z
    .number()
    .min(0)
    .max(1)
    .nullable()
    .describe("Part of the tasks that landed without a further rung of the ladder; null: there was no run"),
  run: RunMetric.nullable().describe("As a line of dgov metrics"),
  tests: z
    .object({ digest: sha256, changed: z.array(z.string()).describe("Tests that its work has changed or removed") })
    .nullable()
    .describe("The same tests after its run; null: there was no run"),
});
export type BenchRow = z.infer<typeof Row>;

/** `bench/summary.json`. */
export const BenchSummary = z.object({
  format: z.literal(FORMAT),
  bench: z.string().describe("Of what is compared: the same commit, plan, project and profiles have the same"),
  plan: z.string(),
  plan_dir: z.string(),
  plan_hash: z.string(),
  config_hash: z.string().describe("sha-256 of .dgov/project.toml"),
  head: z.string().describe("The commit that every profile began at"),
  currency: z.string(),
  profiles: z.array(z.string()),
  began_at_ms: z.int(),
  ended_at_ms: moment.describe("null: it was interrupted, and the same command goes on"),
  tests: z.object({
    files: z.array(z.object({ path: z.string(), sha256 })).describe("As they were frozen"),
    digest: sha256.describe("Of all of them"),
    same: z.boolean().describe("No profile's work has changed one: all were measured by the same tests"),
  }),
  spent: Spent,
  rows: z.array(Row).describe("In the order of profiles"),
});
export type BenchSummary = z.infer<typeof BenchSummary>;

/** What the file holds to, as JSON Schema. */
export const benchSchema = (): object => ({
  title: "bench/summary.json of dgov bench",
  ...z.toJSONSchema(BenchSummary, { io: "input" }), // open: whoever reads today knows nothing of the keys of tomorrow
});

/** Sums over the runs of rows. */
export function spentIn(rows: readonly BenchRow[]): z.infer<typeof Spent> {
  const calls = rows.flatMap(({ run }) => (run ? [run.calls] : []));
  const sum = (of: (one: (typeof calls)[number]) => number) => calls.reduce((all, one) => all + of(one), 0);
  const priced = calls.filter(({ cost_micros }) => cost_micros !== null);
  return {
    calls: sum((one) => one.calls),
    tokens: sum((one) => one.input_tokens + one.output_tokens),
    cost_micros: calls.length > 0 && priced.length === 0 ? null : sum(({ cost_micros }) => cost_micros ?? 0),
    unpriced_calls: sum(({ unpriced_calls }) => unpriced_calls),
  };
}

/** What the figures of a run say of its tasks. */
export function ofTasks(lines: readonly Metric[]): Pick<BenchRow, "run" | "agents" | "without_escalation"> {
  const tasks = lines.flatMap((line) => (line.kind === "task" ? [line] : []));
  const run = lines.findLast((line) => line.kind === "run") ?? null;
  const alone = tasks.filter(({ state, tier }) => state === "landed" && tier === 0);
  return {
    run,
    agents: [...new Set(tasks.flatMap(({ agents }) => agents))],
    without_escalation: tasks.length === 0 ? null : alone.length / tasks.length,
  };
}

export { FORMAT as BENCH_FORMAT };
