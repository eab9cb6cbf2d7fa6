import type { EventKind, RunRow, Store, TaskId } from "@dgov/kernel";
import type { PastRun } from "./history.ts";

const KINDS: readonly EventKind[] = ["run_started", "task_landed", "report_filed", "run_ended"];

/** The earlier runs of a plan, newest first, read only as far as deciding needs it. */
export function pastRuns(log: Store, plan_dir: string): PastRun[] {
  return log
    .runs()
    .filter((row) => row.plan_dir === plan_dir)
    .map((row) => pastRun(log, row));
}

function pastRun(log: Store, { run }: RunRow): PastRun {
  const landed = new Map<TaskId, string>();
  let started: PastRun["started"] | null = null;
  let ended: PastRun["ended"] = null;
  for (const { event } of log.read({ run, kinds: KINDS })) {
    if (event.kind === "run_started") started = event;
    if (event.kind === "task_landed") landed.set(event.task, event.commit);
    if (event.kind === "report_filed") landed.set(event.task, event.base);
    if (event.kind === "run_ended") ended = event.status;
  }
  if (!started) throw new Error(`Run "${run}" has no beginning`);
  for (const { id, carried } of started.tasks) if (carried !== null) landed.set(id, carried);
  return { id: run, started, ended, landed };
}
