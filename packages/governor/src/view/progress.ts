import type { Event, Stored } from "@dgov/kernel";

/** A run as a live view shows it. Looser than the kernel's run: it may begin in the middle of a log. */
export type Progress = {
  plan: string;
  run: string;
  status: "running" | "interrupted" | "complete" | "red" | "partial" | "failed";
  started_at_ms: number;
  tasks: ReadonlyMap<string, TaskProgress>; // in plan order
  tokens: number;
  cost_micros: number;
  currency: string;
};

export type TaskProgress = {
  task: string;
  state: "waiting" | "working" | "judging" | "landing" | "landed" | "failed" | "skipped";
  attempt: number;
  since_ms: number; // when this state began
  doing: string; // the last tool or gate; "" when there is none yet
};

export const NO_PROGRESS: Progress = {
  plan: "",
  run: "",
  status: "running",
  started_at_ms: 0,
  tasks: new Map(),
  tokens: 0,
  cost_micros: 0,
  currency: "USD",
};

/** Folds one event in. A second `run_started` begins anew. */
export function progress(before: Progress, { run, at_ms, event }: Pick<Stored, "run" | "at_ms" | "event">): Progress {
  switch (event.kind) {
    case "run_started": {
      const begun = (task: (typeof event.tasks)[number]): [string, TaskProgress] => [
        task.id,
        { task: task.id, state: task.carried ? "landed" : "waiting", attempt: 0, since_ms: at_ms, doing: "" },
      ];
      const tasks = new Map(event.tasks.map(begun));
      const { plan, currency = "USD" } = event;
      return { ...NO_PROGRESS, plan, currency, run, started_at_ms: at_ms, tasks };
    }
    case "run_resumed":
      return { ...before, status: "running" };
    case "run_interrupted":
    case "run_forked":
      return { ...before, status: "interrupted" };
    case "run_ended":
      return { ...before, status: event.status };
    case "call_settled": {
      const { input_tokens, output_tokens, cost_micros } = event.usage;
      const tokens = before.tokens + input_tokens + output_tokens;
      return { ...before, tokens, cost_micros: before.cost_micros + cost_micros };
    }
    default:
      return "task" in event ? withTask(before, event, at_ms) : before;
  }
}

type OfTask = Extract<Event, { task: unknown }>;

const STATES: Partial<Record<OfTask["kind"], TaskProgress["state"]>> = {
  task_dispatched: "working",
  attempt_failed: "failed",
  report_filed: "landed",
  candidate_frozen: "judging",
  candidate_rejected: "failed",
  candidate_stale: "judging",
  landing_started: "landing",
  landing_refused: "judging",
  task_landed: "landed",
  task_retried: "waiting",
  task_skipped: "skipped",
  task_cancelled: "skipped",
};

function withTask(before: Progress, event: OfTask, at_ms: number): Progress {
  const old = before.tasks.get(event.task);
  const state = STATES[event.kind] ?? old?.state ?? "working";
  const doing = doingNow(event) ?? (state === old?.state ? old.doing : "");
  const attempt = "attempt" in event ? event.attempt : (old?.attempt ?? 0);
  const since_ms = old && old.state === state ? old.since_ms : at_ms;
  const task: TaskProgress = { task: event.task, state, attempt, since_ms, doing };
  return { ...before, tasks: new Map(before.tasks).set(event.task, task) };
}

function doingNow(event: OfTask): string | null {
  if (event.kind === "tool_called" && event.within !== undefined) return null; // its script is what it does
  if (event.kind === "tool_called") return event.refused_by === null ? event.tool : `${event.tool} (refused)`;
  if (event.kind === "agent_started")
    return event.seat === undefined ? event.agent : `seat ${event.seat}: ${event.agent}`;
  if (event.kind === "integration_risk_scored") return `risk: ${event.level}`;
  if (event.kind === "seat_voted") return `seat ${event.seat}: ${event.vote}`;
  if (event.kind === "gate_judged") return `${event.gate}: ${event.verdict}`;
  return null;
}
