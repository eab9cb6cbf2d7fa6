import { type EventKind, type EventOf, type Run, replay, type Stored, type TaskSpec } from "@dgov/kernel";
import { type Cost, callsIn, costOf, sumOf } from "./cost.ts";
import { reviewUnits, type UnitReview } from "./plan_review.ts";
import { type WholeSummary, wholeOf } from "./whole.ts";

/** What a run did, by whom and under which judges, as its log alone tells it. */
export type RunAccount = {
  run: string;
  plan: string;
  hashes: { plan: string; config: string };
  source: string; // who asked for it
  target: string;
  base: string; // the target when the run began
  began_at: string; // ISO 8601
  ended_at: string | null; // null: it is not over
  status: EventOf<"run_ended">["status"] | "unfinished";
  jails: readonly { level: Level; detail: string }[]; // as they were chosen, at each start
  grammars: readonly string[]; // digests of those that had a say
  whole: WholeSummary | null; // what all gates say of the head that it leaves; null: nobody was asked
};
type Level = EventOf<"sandbox_chosen">["level"];

/** `commit` null: it did not land. `carried`: an earlier run landed it, and this one only relied on it. */
export type ReportedTask = Pick<UnitReview, "status" | "reported"> & {
  task: string;
  commit: string | null;
  carried: boolean;
  why: string | null; // why it failed
  attempts: readonly ReportedAttempt[];
  gates: readonly ReportedGate[]; // of the last attempt, in order
  votes: readonly ReportedVote[]; // of the last attempt
  stated: UnitReview["stated"]; // by the worker of the last attempt, and what its own calls make of it
  watched: UnitReview["watched"];
  cost: Cost["total"];
};

/** Who worked: the provider, and the model or the agent by that name. `jails`: those its tool calls were confined at. */
export type ReportedAttempt = {
  attempt: number;
  model: string; // `PROVIDER/MODEL`
  tier: number;
  jails: readonly string[];
  tool_calls: number;
  refused_calls: number;
  route: Pick<EventOf<"task_routed">, "rule" | "why"> | null; // why it went to this model; null: nobody chose
  end: string; // `landed`, a cause, or `open`
};

export type ReportedGate = Pick<EventOf<"gate_judged">, "gate" | "verdict" | "command" | "exit" | "took_ms"> & {
  level: Level | null; // null: it ran nothing, or the log does not say where
};

export type ReportedVote = Pick<EventOf<"seat_voted">, "seat" | "vote" | "why"> & { model: string; family: string };

/** `cost` null: no call of it is in the log. */
export type ReportedModel = {
  model: string;
  roles: readonly string[];
  attempts: number; // that it was dispatched for
  votes: number;
  cost: Cost["total"] | null;
};

export type Account = {
  account: RunAccount;
  tasks: ReportedTask[];
  models: ReportedModel[];
  cost: Omit<Cost, "calls">;
};

/** Folds a run's events, from its first, into an account of it. */
export function accountOf(id: string, events: readonly Stored[]): Account {
  const run = replay(events);
  if (!run) throw new Error(`No events of run "${id}"`);
  const { calls: _, ...cost } = costOf(id, events, "model");
  const { started } = run;
  const shape = started.tasks.map((task) => ({ id: task.id, summary: "", role: task.role, landed: task.carried }));
  const { units } = reviewUnits({ name: started.plan, tasks: shape }, events, () => false);
  const specs = new Map<string, TaskSpec>(started.tasks.map((task) => [task.id, task]));
  const tasks = units.map((unit) => taskOf(unit, { events, spec: specs.get(unit.unit) ?? null }));
  return { account: headOf(id, run, events), tasks, models: modelsOf(events, cost), cost };
}

function headOf(id: string, run: Run, events: readonly Stored[]): RunAccount {
  const { started, status } = run;
  const jails = of(events, "sandbox_chosen").map(({ level, detail }) => ({ level, detail }));
  const last = events.at(-1);
  return {
    run: id,
    plan: started.plan,
    hashes: { plan: started.plan_hash, config: started.config_hash },
    source: started.source,
    target: started.target,
    base: started.head,
    began_at: iso(events[0]?.at_ms ?? 0),
    ended_at: status === null ? null : iso(last?.at_ms ?? 0),
    status: status ?? "unfinished",
    jails: jails.filter(
      ({ level, detail }, at) => jails.findIndex((one) => one.level === level && one.detail === detail) === at,
    ),
    whole: wholeOf(run, events),
    grammars: [...new Set(of(events, "symbols_touched").map(({ grammars }) => grammars))],
  };
}

const iso = (at_ms: number) => new Date(at_ms).toISOString();

/** The events of one kind, in order. */
const of = <Kind extends EventKind>(events: readonly Stored[], kind: Kind): EventOf<Kind>[] =>
  events.flatMap(({ event }) => (event.kind === kind ? [event as EventOf<Kind>] : []));

function taskOf(
  unit: UnitReview,
  { events, spec }: { events: readonly Stored[]; spec: TaskSpec | null },
): ReportedTask {
  const { unit: task, status, reported, commit_sha, error, attempts, stated, watched } = unit;
  const own = events.filter(({ event }) => "task" in event && event.task === task);
  return {
    task,
    status,
    reported,
    commit: commit_sha,
    carried: Boolean(spec?.carried),
    why: error,
    attempts: of(own, "task_dispatched").map((dispatched) => attemptOf(dispatched, own)),
    gates: gatesOf(task, attempts, events),
    votes: votesOf(own, attempts),
    stated,
    watched,
    cost: sumOf(callsIn(events).filter((call) => call.task === task)),
  };
}

function attemptOf(
  { attempt, provider, agent, tier }: EventOf<"task_dispatched">,
  own: readonly Stored[],
): ReportedAttempt {
  const calls = of(own, "tool_called").filter((call) => call.attempt === attempt && call.seat === undefined);
  const route = of(own, "task_routed").find((one) => one.attempt === attempt);
  const landed = of(own, "task_landed").some((one) => one.attempt === attempt);
  const ends = [...of(own, "attempt_failed"), ...of(own, "candidate_rejected")].filter(
    (one) => one.attempt === attempt,
  );
  return {
    attempt,
    model: `${provider}/${agent}`,
    tier,
    jails: [...new Set(calls.flatMap(({ level }) => level ?? []))],
    tool_calls: calls.length,
    refused_calls: calls.filter(({ refused_by }) => refused_by !== null).length,
    route: route ? { rule: route.rule, why: route.why } : null,
    end: landed ? "landed" : (ends.at(-1)?.cause ?? "open"),
  };
}

/** What was said of a tree of several tasks counts for each of them, when it passed. */
function gatesOf(task: string, attempt: number, events: readonly Stored[]): ReportedGate[] {
  return events.flatMap(({ event }) => {
    if (event.kind === "gate_judged" && event.task === task && event.attempt === attempt) return [gateOf(event)];
    if (event.kind !== "batch_judged" || event.verdict !== "pass") return [];
    return event.tasks.some((one) => one.task === task && one.attempt === attempt) ? event.gates.map(gateOf) : [];
  });
}

const gateOf = ({
  gate,
  verdict,
  command,
  exit,
  took_ms,
  level,
}: EventOf<"batch_judged">["gates"][number]): ReportedGate => ({
  ...{ gate, verdict, command, exit, took_ms },
  level: level ?? null,
});

function votesOf(own: readonly Stored[], attempt: number): ReportedVote[] {
  const opened = of(own, "review_opened")
    .filter((one) => one.attempt === attempt)
    .at(-1);
  const seats = opened?.seats ?? [];
  return of(own, "seat_voted")
    .filter((one) => one.attempt === attempt && one.tree === opened?.tree)
    .flatMap(({ seat, vote, why, asked }) => {
      const known = seats.find((one) => one.seat === seat && one.asked === asked);
      return known ? [{ seat, vote, why, model: known.model, family: known.family }] : []; // of a round before
    });
}

/** Every model that had a hand or a vote in it, by name. */
function modelsOf(events: readonly Stored[], { rows }: Pick<Cost, "rows">): ReportedModel[] {
  const dispatched = of(events, "task_dispatched").map(({ provider, agent }) => `${provider}/${agent}`);
  const seats = of(events, "review_opened").flatMap((one) => one.seats.map(({ model }) => model));
  const calls = callsIn(events);
  const names = new Set([...dispatched, ...seats, ...rows.map(({ key }) => key)]);
  return [...names].sort().map((model) => {
    const row = rows.find(({ key }) => key === model);
    return {
      model,
      roles: [...new Set(calls.filter((call) => call.model === model).map(({ role }) => role))].sort(),
      attempts: dispatched.filter((one) => one === model).length,
      votes: seats.filter((one) => one === model).length,
      cost: row ? withoutKey(row) : null,
    };
  });
}

const withoutKey = ({ key: _, ...sum }: Cost["rows"][number]): Cost["total"] => sum;
