import { createHash } from "node:crypto";
import { type EventOf, type Run, replay, type Stored, type Task } from "@dgov/kernel";

/** Values as OTLP's JSON has them: whole numbers are texts there, for they have 64 bits. */
type Value = { stringValue: string } | { intValue: string } | { boolValue: boolean };
export type Attribute = { key: string; value: Value };
export type OtlpSpan = {
  traceId: string; // 32 hexadecimal digits, of the run
  spanId: string; // 16, of what it is about: the same log gives the same ones
  parentSpanId: string; // "" for the run
  name: string;
  kind: 1; // internal
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes: Attribute[];
  status: { code: 0 | 1 | 2; message?: string }; // unset, ok, error
};
/** The body of a POST to `/v1/traces` (OpenTelemetry protocol 1, JSON encoding). */
export type OtlpTraces = {
  resourceSpans: {
    resource: { attributes: Attribute[] };
    scopeSpans: { scope: { name: string; version: string }; spans: OtlpSpan[] }[];
  }[];
};

type Told = Pick<Stored, "seq" | "at_ms" | "event">;

/**
 * A run as a trace: the run, its tasks, their attempts, and in them calls of models, tool calls and gates. No prompt, answer,
 * input or output is in it: names, times, verdicts and figures are.
 *
 * @param events of one run, from its first
 */
export function otlpOf(id: string, events: readonly Told[], version: string): OtlpTraces {
  const run = replay(events);
  const [first] = events;
  if (!run || !first) throw new Error(`No events of run "${id}"`);
  const trace = new Trace(id);
  const end_ms = events.at(-1)?.at_ms ?? first.at_ms;
  const { plan, plan_hash } = run.started;
  trace.add([], `run ${plan}`, {
    ...{ from_ms: first.at_ms, to_ms: end_ms, ok: run.status === null ? null : run.status === "complete" },
    ...{ why: run.status ?? "", facts: { "dgov.run": id, "dgov.plan": plan, "dgov.plan_hash": plan_hash } },
  });
  addTasks(trace, run, events);
  for (const told of events) addDetail(trace, told);
  const service = [attribute("service.name", "dgov"), attribute("service.version", version)];
  const scope = { name: "dgov", version };
  return { resourceSpans: [{ resource: { attributes: service }, scopeSpans: [{ scope, spans: trace.spans }] }] };
}

type Facts = Readonly<Record<string, string | number | boolean | null>>;
/** `ok` null: nobody can say yet. Of what failed `why` says it in a word. */
type Stretch = { from_ms: number; to_ms: number; ok: boolean | null; why: string; facts: Facts };

/** Collects spans. A span is known by its path below the run, and its parent by that path without its last part. */
class Trace {
  readonly spans: OtlpSpan[] = [];
  readonly #run: string;

  constructor(run: string) {
    this.#run = run;
  }

  add(path: readonly (string | number)[], name: string, { from_ms, to_ms, ok, why, facts }: Stretch): void {
    const known = Object.entries(facts).flatMap(([key, value]) => (value === null ? [] : [attribute(key, value)]));
    this.spans.push({
      traceId: digest([this.#run], 32),
      spanId: this.#idOf(path),
      parentSpanId: path.length === 0 ? "" : this.#idOf(path.slice(0, -1)),
      ...{ name, kind: 1, attributes: known },
      startTimeUnixNano: nanos(Math.min(from_ms, to_ms)),
      endTimeUnixNano: nanos(to_ms),
      status: ok === null ? { code: 0 } : ok ? { code: 1 } : { code: 2, message: why },
    });
  }

  #idOf(path: readonly (string | number)[]): string {
    return digest([this.#run, "span", ...path], 16);
  }
}

const digest = (parts: readonly (string | number)[], length: number): string =>
  createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, length);

const nanos = (ms: number): string => `${Math.max(0, Math.round(ms))}000000`;

function attribute(key: string, value: string | number | boolean): Attribute {
  if (typeof value === "boolean") return { key, value: { boolValue: value } };
  return { key, value: typeof value === "number" ? { intValue: `${Math.round(value)}` } : { stringValue: value } };
}

/** When each attempt began and what came of it, and of each task the whole of that. */
function addTasks(trace: Trace, begun: Run, events: readonly Told[]): void {
  const begins = new Map<string, { at_ms: number; event: EventOf<"task_dispatched"> }>();
  const ends = new Map<string, number>();
  for (const { event, at_ms } of events) {
    if (!("task" in event) || !("attempt" in event)) continue;
    const key = JSON.stringify([event.task, event.attempt]);
    if (event.kind === "task_dispatched") begins.set(key, { at_ms, event });
    if (event.kind !== "task_retried") ends.set(key, at_ms);
  }
  for (const task of begun.tasks) {
    const own = [...begins].filter(([, { event }]) => event.task === task.id);
    const [first] = own;
    if (!first) continue;
    const last_ms = Math.max(...own.map(([key]) => ends.get(key) ?? first[1].at_ms));
    const about = { from_ms: first[1].at_ms, to_ms: last_ms, ...endOf(task) };
    trace.add([task.id], `task ${task.id}`, { ...about, facts: { "dgov.task": task.id, "dgov.attempts": own.length } });
    for (const [key, { at_ms, event }] of own) {
      const isLast = event.attempt === task.attempt;
      const { provider, agent, tier, attempt } = event;
      trace.add([task.id, attempt], `attempt ${attempt}`, {
        ...{ from_ms: at_ms, to_ms: ends.get(key) ?? at_ms },
        ...(isLast ? endOf(task) : { ok: false, why: "tried again" }),
        facts: { "dgov.attempt": attempt, "dgov.tier": tier, "gen_ai.system": provider, "gen_ai.request.model": agent },
      });
    }
  }
}

function endOf(task: Task): Pick<Stretch, "ok" | "why"> {
  if (task.state === "landed") return { ok: true, why: "" };
  if (task.state === "failed") return { ok: false, why: task.failed?.cause ?? "failed" };
  return task.state === "skipped" ? { ok: false, why: "skipped" } : { ok: null, why: "" };
}

function addDetail(trace: Trace, { seq, at_ms, event }: Told): void {
  if (!("task" in event) || !("attempt" in event) || !("took_ms" in event)) return;
  const path = [event.task, event.attempt, seq];
  const times = { from_ms: at_ms - event.took_ms, to_ms: at_ms };
  if (event.kind === "gate_judged") {
    const { gate, verdict, exit, level = null } = event;
    const facts = { "dgov.gate": gate, "dgov.verdict": verdict, "dgov.exit": exit, "dgov.sandbox": level };
    trace.add(path, `gate ${gate}`, { ...times, ok: verdict === "pass", why: verdict, facts });
  }
  if (event.kind === "tool_called") {
    const { tool, ok, refused_by, exit = null } = event;
    const facts = { "gen_ai.tool.name": tool, "dgov.refused_by": refused_by, "dgov.exit": exit };
    trace.add(path, `tool ${tool}`, { ...times, ok, why: refused_by ?? "failed", facts });
  }
  if (event.kind === "call_settled") {
    const { usage, served = null } = event;
    const facts = {
      ...{ "gen_ai.operation.name": "chat", "gen_ai.response.model": served },
      "gen_ai.usage.input_tokens": usage.input_tokens,
      "gen_ai.usage.output_tokens": usage.output_tokens,
    };
    trace.add(path, "chat", { ...times, ok: true, why: "", facts });
  }
  if (event.kind === "seat_voted") {
    const { seat, vote, why } = event;
    trace.add(path, `seat ${seat}`, {
      ...times,
      ok: vote === "approve",
      why: why ?? vote,
      facts: { "dgov.seat": seat },
    });
  }
}
