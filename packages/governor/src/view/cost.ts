import { type EventOf, type RunLimits, replay, type Stored, type TaskId } from "@dgov/kernel";

/**
 * One model call as the log tells it. `cost_micros` null: the model has no price, which is not the same as nothing.
 * `decided_by` who says how much it was: `provider` its own count, `estimate` ours where it sent none, `reserve` the most
 * it can have been, for a call that was never settled.
 */
export type CallCost = {
  task: TaskId;
  attempt: number;
  call: number;
  role: string;
  model: string;
  at_ms: number;
  input_tokens: number;
  cached_tokens: number | null; // of the input; null: the provider did not say
  output_tokens: number;
  price: Caller["price"];
  cost_micros: number | null;
  decided_by: "provider" | "estimate" | "reserve";
};
type Caller = NonNullable<EventOf<"call_reserved">["caller"]>;

export const COST_KEYS = ["task", "model", "role", "attempt"] as const;
export type CostKey = (typeof COST_KEYS)[number];

/** Sums over calls. `cost_micros` is of the priced ones; null when there were calls and none had a price. */
export type CostSum = {
  calls: number;
  input_tokens: number;
  cached_tokens: number;
  output_tokens: number;
  cost_micros: number | null;
  unpriced_calls: number;
  unsettled_calls: number; // counted at the most they can have been
};
export type CostRow = { key: string } & CostSum;

/** What a run has cost. `limits`: its ceilings, of which `total` is spent. */
export type Cost = {
  run: string;
  plan: string;
  currency: string;
  limits: RunLimits;
  total: CostSum;
  by: CostKey;
  rows: CostRow[];
  calls: CallCost[];
  unmetered: { agent: string; attempts: number }[]; // of command-line agents, whose calls nobody here sees
};

/** Folds a run's events, from its first, into what it cost. */
export function costOf(id: string, events: readonly Pick<Stored, "seq" | "at_ms" | "event">[], by: CostKey): Cost {
  const run = replay(events);
  if (!run) throw new Error(`No events of run "${id}"`);
  const calls = callsIn(events);
  const groups = Map.groupBy(calls, (call) => keyOf(call, by));
  const rows = [...groups].map(([key, own]): CostRow => ({ key, ...sumOf(own) }));
  const { plan, currency = "USD", limits } = run.started;
  return { run: id, plan, currency, limits, total: sumOf(calls), by, rows, calls, unmetered: unmeteredIn(events) };
}

function unmeteredIn(events: readonly Pick<Stored, "event">[]): Cost["unmetered"] {
  const agents = events.flatMap(({ event }) => (event.kind === "agent_started" ? [event.agent] : []));
  return [...Map.groupBy(agents, (agent) => agent)].map(([agent, all]) => ({ agent, attempts: all.length }));
}

const keyOf = (call: CallCost, by: CostKey): string =>
  by === "attempt" ? `${call.task}#${call.attempt}` : String(call[by]);

/** Every call of a run in the order they were sent, those that were never settled among them. */
export function callsIn(events: readonly Pick<Stored, "at_ms" | "event">[]): CallCost[] {
  const calls = new Map<string, CallCost>();
  const roles = new Map<TaskId, string>();
  const models = new Map<TaskId, string>();
  for (const { at_ms, event } of events) {
    if (event.kind === "run_started") for (const { id, role } of event.tasks) roles.set(id, role);
    if (event.kind === "task_dispatched") models.set(event.task, `${event.provider}/${event.agent}`);
    if (event.kind === "call_reserved") {
      const told = event.caller ?? {
        role: roles.get(event.task) ?? "worker",
        model: models.get(event.task) ?? "",
        price: null,
      };
      calls.set(callKey(event), reserved(event, told, at_ms));
    }
    const open = event.kind === "call_settled" ? calls.get(callKey(event)) : undefined;
    if (open && event.kind === "call_settled") calls.set(callKey(event), settled(open, event));
  }
  return [...calls.values()];
}

const callKey = ({ task, attempt, call }: { task: TaskId; attempt: number; call: number }) =>
  `${task}#${attempt}#${call}`;

function reserved(event: EventOf<"call_reserved">, caller: Caller, at_ms: number): CallCost {
  const { task, attempt, call, tokens, cost_micros } = event;
  return {
    ...{ task, attempt, call, ...caller, at_ms },
    input_tokens: tokens,
    cached_tokens: null,
    output_tokens: 0,
    cost_micros: costIn(caller.price, cost_micros),
    decided_by: "reserve",
  };
}

function settled(open: CallCost, { usage, counted_by }: EventOf<"call_settled">): CallCost {
  return {
    ...open,
    input_tokens: usage.input_tokens,
    cached_tokens: usage.cached_tokens ?? null,
    output_tokens: usage.output_tokens,
    cost_micros: costIn(open.price, usage.cost_micros),
    decided_by: counted_by ?? "estimate",
  };
}

/** A log from before prices were told of each call says nothing of them, but what cost something had one. */
const costIn = (price: Caller["price"], cost_micros: number): number | null =>
  price === null && cost_micros === 0 ? null : cost_micros;

export function sumOf(calls: readonly CallCost[]): CostSum {
  const sum = (of: (call: CallCost) => number) => calls.reduce((all, call) => all + of(call), 0);
  const unpriced_calls = calls.filter(({ cost_micros }) => cost_micros === null).length;
  return {
    calls: calls.length,
    input_tokens: sum(({ input_tokens }) => input_tokens),
    cached_tokens: sum(({ cached_tokens }) => cached_tokens ?? 0),
    output_tokens: sum(({ output_tokens }) => output_tokens),
    cost_micros:
      calls.length > 0 && unpriced_calls === calls.length ? null : sum(({ cost_micros }) => cost_micros ?? 0),
    unpriced_calls,
    unsettled_calls: calls.filter(({ decided_by }) => decided_by === "reserve").length,
  };
}
