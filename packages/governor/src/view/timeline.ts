import { apply, type Cause, type Run, replay, type Stored, type Task } from "@dgov/kernel";

/** What a task does while it does something. */
export type Busy = "active" | "judging" | "ready" | "landing";

/**
 * A stretch of an attempt, in milliseconds since the Unix epoch. `into`: what the task was after it. `cause`: why it failed,
 * where that is what it came to. Of a stretch that goes on `to_ms` is the last that is known.
 */
export type Span = {
  attempt: number;
  state: Busy;
  from_ms: number;
  to_ms: number;
  into: Task["state"];
  cause: Cause | null;
};

/** Who did what when. `breaks`: while nobody was at it. */
export type Timeline = {
  began_at_ms: number;
  ended_at_ms: number;
  lanes: readonly { task: string; spans: readonly Span[] }[];
  breaks: readonly { from_ms: number; to_ms: number }[];
};

type Lane = { spans: Span[]; open: Span | null };
type Told = Pick<Stored, "seq" | "at_ms" | "event">;

/** @param events of one run, in order; none when there was no run */
export function timelineOf(events: readonly Told[]): Timeline | null {
  const [first, ...rest] = events;
  if (first === undefined) return null;
  let run = replay([first])!;
  const lanes = new Map(run.tasks.map(({ id }): [string, Lane] => [id, { spans: [], open: null }]));
  const breaks: { from_ms: number; to_ms: number }[] = [];
  for (const { event, at_ms } of rest) {
    run = apply(run, event);
    if (event.kind === "run_interrupted") breaks.push({ from_ms: at_ms, to_ms: at_ms });
    const last = breaks.at(-1);
    if (event.kind === "run_resumed" && last) last.to_ms = at_ms;
    if ("task" in event) moved(lanes.get(event.task), taskIn(run, event.task), at_ms);
  }
  return {
    began_at_ms: first.at_ms,
    ended_at_ms: events.at(-1)?.at_ms ?? first.at_ms,
    lanes: [...lanes].map(([task, { spans }]) => ({ task, spans })),
    breaks,
  };
}

const taskIn = (run: Run, id: string): Task | undefined => run.tasks.find((task) => task.id === id);

const BUSY: ReadonlySet<string> = new Set<Busy>(["active", "judging", "ready", "landing"]);
const isBusy = (state: Task["state"]): state is Busy => BUSY.has(state);

/** Ends the open stretch where the task has moved, and begins the next. */
function moved(lane: Lane | undefined, task: Task | undefined, at_ms: number): void {
  if (!lane || !task) return;
  const { open } = lane;
  if (open) open.to_ms = at_ms;
  if (open?.state === task.state) return;
  if (open) {
    open.into = task.state;
    open.cause = task.state === "failed" ? (task.failed?.cause ?? null) : null;
  }
  const { attempt, state } = task;
  lane.open = isBusy(state) ? { attempt, state, from_ms: at_ms, to_ms: at_ms, into: state, cause: null } : null;
  if (lane.open) lane.spans.push(lane.open);
}
