import {
  type Event,
  type EventKind,
  type EventOf,
  FOLDED,
  type Run,
  replay,
  type Stored,
  type Task,
} from "@dgov/kernel";
import { awaitsApproval } from "@dgov/kernel/approval";
import { sayStated } from "./stated_words.ts";
import { type WholeSummary, wholeOf } from "./whole.ts";

/** How the last run stands. The first keys are those of dgov 0.8; `task_list` holds what is not over, or all of it. */
export type Status = {
  status: "idle" | "active" | "needs_attention";
  tasks: number;
  active: number;
  settling: number; // being judged, ready or landing
  attention: number; // failed, and not to be tried again by itself
  state_counts: Readonly<Partial<Record<Task["state"], number>>>;
  task_list: readonly TaskRow[];
  run: RunFacts | null; // null: nothing was ever run here
};

export type TaskRow = { slug: string; state: Task["state"]; plan_name: string; phase: string; attempt: number };

export type RunFacts = {
  run: string;
  plan: string;
  plan_dir: string;
  target: string;
  state: Run["state"];
  result: EventOf<"run_ended">["status"] | null;
  process: "alive" | "gone" | "unknown"; // of an unfinished run; "gone" was killed, and the next run goes on
  sandbox: EventOf<"sandbox_chosen">["level"] | null;
  started_at_ms: number;
  unverified: readonly { task: string; text: string }[]; // what workers stated of what has landed, and nothing shows
  whole: WholeSummary | null; // of all that has landed, taken together; null: it was not asked for, or not yet
};

/** The events a status is made of: what moves a run and its tasks. The bulk of a log is not read for it. */
export const STATUS_KINDS: readonly EventKind[] = ["sandbox_chosen", "checks_stated", ...FOLDED];

const OVER: ReadonlySet<Task["state"]> = new Set(["landed"]);
const SETTLING: ReadonlySet<Task["state"]> = new Set(["judging", "ready", "landing"]);

/**
 * Folds the last run into its status.
 *
 * @param events  of one run, of `STATUS_KINDS`, in order; none for a repository without a run
 * @param process whether the run's process lives, as far as the caller can tell
 * @param all     list landed tasks too
 */
export function viewStatus(
  events: readonly Pick<Stored, "seq" | "run" | "at_ms" | "event">[],
  { process, all }: { process: RunFacts["process"]; all: boolean },
): Status {
  const run = replay(events);
  const id = events[0]?.run;
  if (!run || id === undefined)
    return {
      status: "idle",
      tasks: 0,
      active: 0,
      settling: 0,
      attention: 0,
      state_counts: {},
      task_list: [],
      run: null,
    };
  const counts: Partial<Record<Task["state"], number>> = {};
  for (const { state } of run.tasks) counts[state] = (counts[state] ?? 0) + 1;
  const facts = factsOf(run, id, { process, events: events.map(({ event }) => event) });
  return {
    status: standing(run, facts),
    tasks: run.tasks.length,
    active: counts.active ?? 0,
    settling: run.tasks.filter((task) => SETTLING.has(task.state)).length,
    attention: run.state === "running" ? 0 : (counts.failed ?? 0),
    state_counts: counts,
    task_list: run.tasks.filter((task) => all || !OVER.has(task.state)).map((task) => rowOf(run, task)),
    run: facts,
  };
}

function standing(run: Run, { process }: RunFacts): Status["status"] {
  if (run.state === "ended") return run.status === "complete" ? "idle" : "needs_attention";
  return run.state === "running" && process !== "gone" ? "active" : "needs_attention";
}

function factsOf(
  run: Run,
  id: string,
  { process, events }: { process: RunFacts["process"]; events: readonly Event[] },
): RunFacts {
  const chosen = events.findLast((event) => event.kind === "sandbox_chosen");
  const { plan, plan_dir, target } = run.started;
  return {
    run: id,
    plan,
    plan_dir,
    target,
    state: run.state,
    result: run.status,
    process: run.state === "ended" ? "gone" : process,
    sandbox: chosen?.kind === "sandbox_chosen" ? chosen.level : null,
    started_at_ms: run.started_at_ms,
    unverified: unverifiedIn(run, events),
    whole: wholeOf(
      run,
      events.map((event) => ({ event })),
    ),
  };
}

/** Of each landed task, what its worker has stated at its last attempt and its own calls do not show. */
function unverifiedIn(run: Run, events: readonly Event[]): RunFacts["unverified"] {
  return run.tasks.flatMap(({ id, state, attempt }) => {
    if (state !== "landed") return [];
    const stated = events.findLast(
      (event) => event.kind === "checks_stated" && event.task === id && event.attempt === attempt,
    );
    const checks = stated?.kind === "checks_stated" ? stated.checks : [];
    const bare = checks.filter(({ standing }) => standing !== "verified");
    return bare.map((one) => ({ task: id, text: sayStated(one) }));
  });
}

/** What a task waits for that only a person can give. */
export const APPROVAL_PHASE = "waits for approval";

/** What stands behind a state: whom it waits for, or why it fell. */
function rowOf(run: Run, task: Task): TaskRow {
  const blocked = task.after.filter((id) => run.tasks[run.index.get(id) ?? -1]?.state !== "landed");
  const phase =
    task.state === "failed"
      ? (task.failed?.gate ?? task.failed?.cause ?? "")
      : awaitsApproval(run, task)
        ? APPROVAL_PHASE
        : task.state === "waiting" && blocked.length > 0
          ? `after ${blocked.join(", ")}`
          : "";
  return { slug: task.id, state: task.state, plan_name: run.started.plan, phase, attempt: task.attempt };
}
