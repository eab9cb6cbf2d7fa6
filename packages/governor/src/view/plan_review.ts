import {
  type Cause,
  type Event,
  type EventOf,
  type Finding,
  type Output,
  type Role,
  type Run,
  replay,
  type Stored,
  type Task,
} from "@dgov/kernel";
import { changesFiles } from "@dgov/kernel/role";
import { HINTS } from "./hint.ts";
import { reasonOf } from "./run_summary.ts";
import { sayStated, sayWatched } from "./stated_words.ts";
import { tell } from "./story.ts";

/** One unit of a plan, as its last run left it. Keys that dgov 0.8 had keep their names. */
export type UnitReview = UnitEnd & UnitUse & UnitWork;

export type UnitEnd = {
  unit: string;
  summary: string;
  status: "deployed" | "failed" | "skipped" | "active" | "not_run";
  attempts: number;
  settlement: "ok" | "ok_retried" | "rejected" | "n/a"; // what the judges said, in the end
  reject_verdict: Cause | null; // why it failed
  gate: string | null; // the gate that refused it
  error: string | null; // one sentence
  findings: readonly Finding[];
  hint: string | null; // what to do about it
  phase_timings: readonly PhaseTiming[]; // the gates of the last attempt, in order
  output: GateOutput | null; // what the command of the gate that refused it said
};

/** `level` null: nothing ran, or the log does not say where. */
export type PhaseTiming = {
  phase: string;
  duration_s: number;
  status: "passed" | "failed" | "broken";
  level: NonNullable<EventOf<"gate_judged">["level"]> | null;
  error: string;
};

export type GateOutput = { command: string; exit: number | null } & Output;

export type UnitUse = {
  agent: string;
  duration_s: number; // from the first dispatch to the last event
  calls: number; // of the model
  tool_calls: number;
  refused_calls: number; // by policy or jail
  self_corrections: number; // tool calls that failed, in work that landed all the same
  prompt_tokens: number;
  completion_tokens: number;
  cost_micros: number; // of the calls that have a price; "dgov cost" tells of the others
  currency: string;
};

export type UnitWork = {
  commit_sha: string | null; // where it landed; of a report: the commit it is about
  reported: boolean; // its role only reads: what it lands is a report, and no change
  kept_sha: string | null; // the last attempt's work, landed or not
  done_summary: string; // the worker's own words
  stated: readonly StatedView[]; // what it states in fields, and what its calls make of that
  watched: WatchedView | null; // whether its own tests were seen to fail before its work began; null: it has none
  rejections: readonly { attempt: number; gate: string; reason: string }[]; // what the judges refused, in order
  risk: EventOf<"integration_risk_scored">["level"] | null; // how near it came to what had landed; null: nothing had
  activity: readonly { seq: number; at_ms: number; text: string }[];
};

/** `text`: the same for people. */
export type StatedView = EventOf<"checks_stated">["checks"][number] & { text: string };

export type WatchedView = Pick<EventOf<"tests_watched">, "command" | "verdict" | "why" | "call"> & { text: string };

/** What a review must know of the plan; `landed` is where an earlier run landed this very unit. */
export type PlanShape = {
  name: string;
  tasks: readonly { id: string; summary: string; role: Role; landed: string | null }[];
};

type Tally = UnitUse &
  Pick<UnitEnd, "phase_timings" | "output"> &
  Pick<UnitWork, "done_summary" | "stated" | "watched" | "rejections" | "risk" | "activity"> & { first_ms: number };

const NOTHING: Tally = {
  agent: "",
  duration_s: 0,
  calls: 0,
  tool_calls: 0,
  refused_calls: 0,
  self_corrections: 0,
  prompt_tokens: 0,
  completion_tokens: 0,
  cost_micros: 0,
  currency: "USD",
  phase_timings: [],
  output: null,
  done_summary: "",
  stated: [],
  watched: null,
  rejections: [],
  risk: null,
  activity: [],
  first_ms: 0,
};

/**
 * Folds the last run of a plan into a review of every unit, in plan order.
 *
 * @param events of one run, in order; none when the plan was never run
 * @param tells  whether a unit's events are told one by one
 */
export function reviewUnits(
  plan: PlanShape,
  events: Iterable<Pick<Stored, "seq" | "at_ms" | "event">>,
  tells: (unit: string) => boolean,
): { run: Run | null; units: UnitReview[] } {
  const tallies = new Map<string, Tally>();
  let nothing = NOTHING;
  const run = replay(
    (function* () {
      for (const stored of events) {
        yield stored;
        const { event } = stored;
        if (event.kind === "run_started") nothing = { ...NOTHING, currency: event.currency ?? "USD" };
        for (const task of concerned(event)) {
          const before = tallies.get(task) ?? { ...nothing, first_ms: stored.at_ms };
          tallies.set(task, tally(before, stored, tells(task)));
        }
      }
    })(),
  );
  const tasks = new Map<string, Task>(run?.tasks.map((task) => [task.id, task]));
  const units = plan.tasks.map((unit) => review(unit, tasks.get(unit.id) ?? null, tallies.get(unit.id) ?? nothing));
  return { run, units };
}

/** Whose event it is; what is said of a batch is said of each in it. */
function concerned(event: Event): readonly string[] {
  if ("task" in event) return [event.task];
  return event.kind === "batch_begun" || event.kind === "batch_judged" ? event.tasks.map(({ task }) => task) : [];
}

function tally(before: Tally, { seq, at_ms, event }: Pick<Stored, "seq" | "at_ms" | "event">, story: boolean): Tally {
  const after = { ...before, ...counted(before, event), duration_s: (at_ms - before.first_ms) / 1000 };
  const told = story ? tell(event) : null;
  return told ? { ...after, activity: [...before.activity, { seq, at_ms, text: told.text }] } : after;
}

function counted(before: Tally, event: Event): Partial<Tally> {
  switch (event.kind) {
    case "task_dispatched":
      return { agent: event.agent, phase_timings: [], output: null, stated: [], watched: null };
    case "call_settled":
      return {
        calls: before.calls + 1,
        prompt_tokens: before.prompt_tokens + event.usage.input_tokens,
        completion_tokens: before.completion_tokens + event.usage.output_tokens,
        cost_micros: before.cost_micros + event.usage.cost_micros,
      };
    case "tool_called":
      if (event.seat !== undefined) return {}; // not the task's own
      return {
        tool_calls: before.tool_calls + 1,
        refused_calls: before.refused_calls + (event.refused_by === null ? 0 : 1),
        self_corrections: before.self_corrections + (event.ok ? 0 : 1),
      };
    case "gate_judged":
      return { phase_timings: [...before.phase_timings, timing(event)], output: outputOf(event) };
    case "batch_judged": // what others have made red is not held against this one
      return event.verdict === "pass"
        ? { phase_timings: [...before.phase_timings, ...event.gates.map(timing)], output: null }
        : {};
    case "candidate_rejected": {
      const { attempt, gate } = event;
      return { rejections: [...before.rejections, { attempt, gate, reason: reasonOf({ ...event, detail: "" }) }] };
    }
    case "integration_risk_scored":
      return { risk: event.level };
    case "checks_stated":
      return { stated: event.checks.map((check) => ({ ...check, text: sayStated(check) })) };
    case "tests_watched": {
      const { command, verdict, why, call } = event;
      return { watched: { command, verdict, why, call, text: `its tests ${sayWatched(event)}` } };
    }
    case "candidate_frozen":
    case "report_filed":
      return { done_summary: event.summary };
    default:
      return {};
  }
}

const outputOf = ({ verdict, command, exit, output }: EventOf<"gate_judged">): GateOutput | null =>
  verdict === "pass" || command === null || output === null ? null : { command, exit, ...output };

function timing({ gate, verdict, findings, took_ms, level }: EventOf<"batch_judged">["gates"][number]): PhaseTiming {
  const status = ({ pass: "passed", reject: "failed", broken: "broken" } as const)[verdict];
  return {
    phase: gate,
    duration_s: took_ms / 1000,
    status,
    level: level ?? null,
    error: verdict === "pass" ? "" : (findings[0]?.message ?? ""),
  };
}

function review(unit: PlanShape["tasks"][number], task: Task | null, tallied: Tally): UnitReview {
  const { first_ms: _, ...use } = tallied;
  const commit_sha = task ? (task.work?.landed ?? null) : unit.landed;
  const failed = task?.state === "failed" ? task.failed : null;
  return {
    unit: unit.id,
    summary: unit.summary,
    ...use,
    output: failed?.gate ? use.output : null,
    status: statusOf(task, unit.landed),
    attempts: task?.attempt ?? 0,
    settlement: settlementOf(task, use),
    reject_verdict: failed?.cause ?? null,
    gate: failed?.gate ?? null,
    error: failed ? reasonOf(failed) : null,
    findings: failed?.findings ?? [],
    hint: failed ? HINTS[failed.cause] : null,
    self_corrections: task?.state === "landed" ? use.self_corrections : 0,
    commit_sha,
    reported: !changesFiles(unit.role),
    kept_sha: task?.work?.kept ?? null,
  };
}

function statusOf(task: Task | null, landed: string | null): UnitEnd["status"] {
  if (!task) return landed === null ? "not_run" : "deployed";
  if (task.state === "landed") return "deployed";
  if (task.state === "waiting") return task.attempt > 0 ? "active" : "not_run";
  return task.state === "failed" || task.state === "skipped" ? task.state : "active";
}

function settlementOf(
  task: Task | null,
  { phase_timings, rejections }: Pick<Tally, "phase_timings" | "rejections">,
): UnitEnd["settlement"] {
  if (task?.state === "landed" && phase_timings.length > 0) return rejections.length > 0 ? "ok_retried" : "ok";
  return task?.state === "failed" && task.failed?.gate ? "rejected" : "n/a";
}
