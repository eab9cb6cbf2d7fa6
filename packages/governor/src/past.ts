import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { type EventKind, Oid, type RunRow, type Store, type TaskId } from "@dgov/kernel";
import { z } from "zod";
import type { Landings, PastRun } from "./history.ts";

const KINDS: readonly EventKind[] = ["run_started", "landing_started", "task_landed", "report_filed", "run_ended"];

/** The earlier runs of a plan, newest first, read only as far as deciding needs it. */
export function pastRuns(log: Store, plan_dir: string): PastRun[] {
  return log
    .runs()
    .filter((row) => row.plan_dir === plan_dir)
    .map((row) => pastRun(log, row));
}

/** One earlier run. What it had carried over from a run before it counts as landed. */
export function pastRun(log: Store, { run, first_seq }: RunRow): PastRun {
  const landed = new Map<TaskId, { commit: string; at_ms: number }>();
  const landing = new Set<TaskId>();
  let started: PastRun["started"] | null = null;
  let ended: PastRun["ended"] = null;
  for (const { event, at_ms } of log.read({ run, kinds: KINDS, after: first_seq - 1 })) {
    if (event.kind === "landing_started") landing.add(event.task);
    if (event.kind === "task_landed") landed.set(event.task, { commit: event.commit, at_ms });
    if (event.kind === "report_filed") landed.set(event.task, { commit: event.base, at_ms });
    if (event.kind === "run_ended") ended = event.status;
    if (event.kind !== "run_started") continue;
    started = event;
    for (const { id, carried } of event.tasks) if (carried !== null) landed.set(id, { commit: carried, at_ms });
  }
  if (!started) throw new Error(`Run "${run}" has no beginning`);
  return { id: run, started, ended, landed, landing };
}

const DEPLOYED = ".dgov/plans/deployed.jsonl";
const Deployed = z.object({ plan: z.string(), unit: z.string(), sha: Oid, ts: z.iso.datetime() });

/**
 * What dgov 0.8 has landed of a plan, by the plan's name. Its deploy log is read and never written; as there, a line
 * that is no record counts for nothing, and the last record of a unit for all.
 */
export function deployedBefore(root: string, plan: string): Landings {
  const path = join(root, DEPLOYED);
  if (!hasDeployLog(root)) return new Map();
  const records = readFileSync(path, "utf8")
    .split("\n")
    .flatMap((line) => Deployed.safeParse(parsed(line)).data ?? []);
  const own = records.filter((record) => record.plan === plan);
  return new Map(own.map(({ unit, sha, ts }) => [unit, { commit: sha, at_ms: Date.parse(ts) }]));
}

/** Whether dgov 0.8 has landed anything from this checkout. */
export const hasDeployLog = (root: string): boolean =>
  statSync(join(root, DEPLOYED), { throwIfNoEntry: false })?.isFile() ?? false;

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    if (error instanceof SyntaxError) return line;
    throw error;
  }
}
