import type { EventKind, Stored, TaskId } from "@dgov/kernel";

/** How long each task's workers were at work. `since`: whose attempt is under way, from when. `last_ms`: of the last event. */
export type Worked = {
  total_ms: ReadonlyMap<TaskId, number>;
  since_ms: ReadonlyMap<TaskId, number>;
  last_ms: number;
};
export const NOT_WORKED: Worked = { total_ms: new Map(), since_ms: new Map(), last_ms: 0 };

const ENDS: ReadonlySet<EventKind> = new Set(["candidate_frozen", "report_filed", "attempt_failed"]);

/** The fold over a run's events. After a crash nobody knows when the work ended: it counts as far as there were events. */
export function workedAfter(worked: Worked, { at_ms, event }: Pick<Stored, "at_ms" | "event">): Worked {
  const after = { ...worked, last_ms: at_ms };
  if (event.kind === "task_dispatched") return { ...after, since_ms: new Map(worked.since_ms).set(event.task, at_ms) };
  const ended =
    event.kind === "run_resumed"
      ? [...worked.since_ms.keys()]
      : "task" in event && ENDS.has(event.kind)
        ? [event.task]
        : [];
  if (ended.length === 0) return after;
  const until_ms = event.kind === "run_resumed" ? worked.last_ms : at_ms;
  const total_ms = new Map(worked.total_ms);
  const since_ms = new Map(worked.since_ms);
  for (const task of ended) {
    total_ms.set(task, workedMs(worked, task, until_ms));
    since_ms.delete(task);
  }
  return { total_ms, since_ms, last_ms: at_ms };
}

/** Over all attempts, the one under way included. */
export function workedMs({ total_ms, since_ms }: Worked, task: TaskId, now_ms: number): number {
  const since = since_ms.get(task);
  return (total_ms.get(task) ?? 0) + (since === undefined ? 0 : Math.max(0, now_ms - since));
}
