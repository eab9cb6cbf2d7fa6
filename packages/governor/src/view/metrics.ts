import { type Event, type Run, replay, type Stored, type Task } from "@dgov/kernel";
import { Estimate } from "@dgov/kernel/estimate";
import { z } from "zod";
import { type CallCost, callsIn, sumOf } from "./cost.ts";

/** Raised when a key changes its meaning or goes; further keys may come at any time. */
const FORMAT = 1;

const count = z.int().min(0);
const moment = z.int().nullable();

const Time = z.object({
  began_at_ms: moment.describe("Since the Unix epoch; null: it has not begun"),
  ended_at_ms: moment.describe("null: it is not over"),
  wall_ms: count.describe("From its begin to its end, or to the last that is known of it; with interruptions in it"),
});

const Calls = z.object({
  calls: count,
  input_tokens: count,
  cached_tokens: count.describe("Of the input"),
  output_tokens: count,
  cost_micros: count
    .nullable()
    .describe("Of the priced calls, in millionths; null: there were calls, none with a price"),
  unpriced_calls: count,
  unsettled_calls: count.describe("Counted at the most they can have been"),
});

const Tools = z.object({ calls: count, failed: count, refused: count.describe("By a rule or a jail; failed, too") });

const GateSum = z.object({ gate: z.string(), passed: count, rejected: count, broken: count, took_ms: count });

const Attempts = z.object({
  begun: count,
  judged: count.describe("Whose work went to the gates"),
  rejected: count.describe("By a gate, or because it could not be put on the target"),
});

/** A part of a whole: null where there is no whole. */
const rate = z.number().min(0).max(1).nullable();

const TaskMetric = z.object({
  format: z.literal(FORMAT),
  kind: z.literal("task"),
  run: z.string(),
  plan: z.string(),
  task: z.string(),
  role: z.string(),
  state: z.enum(["waiting", "active", "judging", "ready", "landing", "landed", "failed", "skipped"]),
  carried: z.boolean().describe("An earlier run landed it, and this one did nothing for it"),
  cause: z.string().nullable().describe("Why it failed; null unless it did"),
  blame: z.string().nullable().describe("Whose doing it is, where gates said so"),
  commit: z.string().nullable().describe("Where it landed; of a report the commit it is about"),
  tier: count.describe("The highest rung of the ladder of agents that it came to; 0 is the first"),
  agents: z.array(z.string()).describe("PROVIDER/MODEL of its attempts, each once, in order"),
  attempts: Attempts,
  time: Time,
  calls: Calls,
  tools: Tools,
  gates: z.array(GateSum),
  estimate: Estimate.nullable().describe("What the plan's author reckoned it comes to; null: nothing"),
  lines: count
    .nullable()
    .describe("Added and removed by its last candidate; null: not counted, for nobody estimated them"),
});

export const RunMetric = z.object({
  format: z.literal(FORMAT),
  kind: z.literal("run"),
  run: z.string(),
  plan: z.string(),
  plan_hash: z.string(),
  source: z.string().describe("Who asked for it: manual, or DGOV_RUN_SOURCE"),
  status: z.enum(["running", "interrupted", "complete", "red", "partial", "failed"]),
  level: z.string().nullable().describe("Of the jail; null: it was not chosen yet"),
  currency: z.string(),
  jobs: count,
  resumed: count.describe("How often it was gone on with"),
  tasks: z.object({
    total: count,
    carried: count.describe("Landed by an earlier run"),
    landed: count.describe("By this one"),
    first_try: count.describe("Of the landed: with one attempt"),
    escalated: count.describe("Came to a further rung of the ladder"),
    failed: count,
    skipped: count,
    pending: count.describe("All others"),
  }),
  attempts: Attempts,
  time: Time,
  calls: Calls,
  by_model: z.array(Calls.extend({ role: z.string(), model: z.string() })),
  tools: Tools,
  gates: z.array(GateSum),
  rates: z.object({
    landed: rate.describe("tasks.landed of tasks.total - tasks.carried"),
    first_try: rate.describe("tasks.first_try of tasks.landed"),
    escalated: rate.describe("tasks.escalated of tasks.total - tasks.carried"),
    rejected: rate.describe("attempts.rejected of attempts.judged"),
    tools_refused: rate.describe("tools.refused of tools.calls"),
    tokens_cached: rate.describe("calls.cached_tokens of calls.input_tokens"),
  }),
});

/** One line of the stream: a task of a run, or, after all of its tasks, the run. */
export const Metric = z.discriminatedUnion("kind", [TaskMetric, RunMetric]);
export type Metric = z.infer<typeof Metric>;

/** What every line holds to, as JSON Schema. */
export const metricSchema = (): object => ({
  title: "A line of dgov metrics",
  ...z.toJSONSchema(Metric, { io: "input" }), // open: whoever reads today knows nothing of the keys of tomorrow
});

type Told = Pick<Stored, "seq" | "at_ms" | "event">;

/** Folds a run's events, from its first, into its lines: each task in plan order, then the run. */
export function metricsOf(id: string, events: readonly Told[]): Metric[] {
  const run = replay(events);
  if (!run) throw new Error(`No events of run "${id}"`);
  const calls = callsIn(events);
  const own = Map.groupBy(events, ({ event }) => ("task" in event ? event.task : null));
  const tasks = run.tasks.map((task) =>
    taskMetric(
      { id, run, task },
      own.get(task.id) ?? [],
      calls.filter((call) => call.task === task.id),
    ),
  );
  return [...tasks, runMetric({ id, run, tasks }, events, calls)];
}

type OfTask = { id: string; run: Run; task: Task };
type TaskLine = z.infer<typeof TaskMetric>;

function taskMetric({ id, run, task }: OfTask, events: readonly Told[], calls: readonly CallCost[]): TaskLine {
  const { started } = run;
  const dispatches = events.flatMap(({ event }) => (event.kind === "task_dispatched" ? [event] : []));
  const spec = started.tasks.find((one) => one.id === task.id);
  const failed = task.state === "failed" ? task.failed : null;
  const began = events.find(({ event }) => event.kind === "task_dispatched") ?? null;
  const isOver = OVER.has(task.state) && events.length > 0;
  return {
    ...{ format: FORMAT, kind: "task", run: id, plan: started.plan, task: task.id, role: spec?.role ?? "worker" },
    state: task.state,
    carried: spec?.carried !== null && task.attempt === 0,
    cause: failed?.cause ?? null,
    blame: failed?.blame ?? null,
    commit: task.work?.landed ?? null,
    tier: Math.max(0, ...dispatches.map(({ tier }) => tier)),
    agents: [...new Set(dispatches.map(({ provider, agent }) => `${provider}/${agent}`))],
    attempts: attemptsIn(events),
    time: timeOf(began?.at_ms ?? null, events.findLast(isMove)?.at_ms ?? null, isOver),
    calls: sumOf(calls),
    tools: toolsIn(events),
    gates: gatesIn(events),
    estimate: spec?.estimate ?? null,
    lines: events.flatMap(({ event }) => (event.kind === "candidate_frozen" ? [event] : [])).at(-1)?.lines ?? null,
  };
}

const OVER: ReadonlySet<string> = new Set(["landed", "failed", "skipped"]);
/** What is only told of a task may come after its end. */
const isMove = ({ event }: Told): boolean => event.kind !== "checkout_behind";

type OfRun = { id: string; run: Run; tasks: readonly TaskLine[] };

function runMetric({ id, run, tasks }: OfRun, events: readonly Told[], calls: readonly CallCost[]): Metric {
  const { plan, plan_hash, source, jobs, currency = "USD" } = run.started;
  const all = (kind: Event["kind"]) => events.filter(({ event }) => event.kind === kind);
  const level = all("sandbox_chosen").at(-1)?.event;
  const counted = tasksIn(tasks);
  const attempts = attemptsIn(events);
  const tools = toolsIn(events);
  const sum = sumOf(calls);
  const groups = Map.groupBy(calls, ({ role, model }) => JSON.stringify([role, model]));
  const done = counted.total - counted.carried;
  return {
    ...{ format: FORMAT, kind: "run", run: id, plan, plan_hash, source, currency, jobs },
    status: run.state === "ended" ? (run.status ?? "failed") : run.state,
    level: level?.kind === "sandbox_chosen" ? level.level : null,
    resumed: all("run_resumed").length,
    tasks: counted,
    attempts,
    time: timeOf(run.started_at_ms, events.at(-1)?.at_ms ?? null, run.state === "ended"),
    calls: sum,
    by_model: [...groups.values()].map((own) => ({ role: own[0]!.role, model: own[0]!.model, ...sumOf(own) })),
    tools,
    gates: gatesIn(events),
    rates: {
      landed: part(counted.landed, done),
      first_try: part(counted.first_try, counted.landed),
      escalated: part(counted.escalated, done),
      rejected: part(attempts.rejected, attempts.judged),
      tools_refused: part(tools.refused, tools.calls),
      tokens_cached: part(sum.cached_tokens, sum.input_tokens),
    },
  };
}

const part = (some: number, all: number): number | null => (all === 0 ? null : some / all);

function tasksIn(tasks: readonly TaskLine[]) {
  const number = (fits: (task: TaskLine) => boolean) => tasks.filter(fits).length;
  const landed = tasks.filter(({ state, carried }) => state === "landed" && !carried);
  return {
    total: tasks.length,
    carried: number(({ carried }) => carried),
    landed: landed.length,
    first_try: landed.filter(({ attempts }) => attempts.begun === 1).length,
    escalated: number(({ tier }) => tier > 0),
    failed: number(({ state }) => state === "failed"),
    skipped: number(({ state }) => state === "skipped"),
    pending: number(({ state }) => !OVER.has(state)),
  };
}

function timeOf(began_at_ms: number | null, last_at_ms: number | null, isOver: boolean): z.infer<typeof Time> {
  const wall_ms = began_at_ms === null || last_at_ms === null ? 0 : Math.max(0, last_at_ms - began_at_ms);
  return { began_at_ms, ended_at_ms: isOver ? last_at_ms : null, wall_ms };
}

function attemptsIn(events: readonly Told[]): z.infer<typeof Attempts> {
  const number = (kind: Event["kind"]) => events.filter(({ event }) => event.kind === kind).length;
  return {
    begun: number("task_dispatched"),
    judged: number("candidate_frozen"),
    rejected: number("candidate_rejected"),
  };
}

function toolsIn(events: readonly Told[]): z.infer<typeof Tools> {
  const calls = events.flatMap(({ event }) => (event.kind === "tool_called" ? [event] : []));
  return {
    calls: calls.length,
    failed: calls.filter(({ ok }) => !ok).length,
    refused: calls.filter(({ refused_by }) => refused_by !== null).length,
  };
}

/** In the order in which they were first asked. */
function gatesIn(events: readonly Told[]): z.infer<typeof GateSum>[] {
  const judged = events.flatMap(({ event }) => (event.kind === "gate_judged" ? [event] : []));
  return [...Map.groupBy(judged, ({ gate }) => gate)].map(([gate, own]) => {
    const number = (verdict: string) => own.filter((one) => one.verdict === verdict).length;
    return {
      ...{ gate, passed: number("pass"), rejected: number("reject"), broken: number("broken") },
      took_ms: own.reduce((sum, { took_ms }) => sum + took_ms, 0),
    };
  });
}
