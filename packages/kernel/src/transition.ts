import { strict as assert } from "node:assert";
import type { Event, EventKind } from "./event.ts";
import { retry } from "./retry.ts";
import { type Run, spend, start, type Task } from "./run.ts";

export type TaskState = "waiting" | "active" | "judging" | "ready" | "landing" | "landed" | "failed" | "skipped";

/**
 * Where each event takes a task. This table is the lifecycle: no other place says it.
 * An absent cell is an illegal event, which `apply` refuses before the log can hold it.
 */
// biome-ignore format: a table reads by its columns
export const TRANSITIONS = {
  waiting: { task_dispatched: "active", task_skipped: "skipped" },
  active:  { candidate_frozen: "judging", report_filed: "landed", attempt_failed: "failed" },
  judging: { candidate_passed: "ready", candidate_rejected: "failed", attempt_failed: "failed" },
  ready:   { landing_started: "landing", candidate_stale: "judging" },
  landing: { task_landed: "landed", landing_refused: "judging" },
  failed:  { task_retried: "waiting" },
  skipped: { task_retried: "waiting" },
  landed:  {},
} as const satisfies Record<TaskState, Partial<Record<EventKind, TaskState>>>;
