import type { EventOf } from "@dgov/kernel";

/** How far a plan has come. Keys that dgov 0.8 had keep their names. */
export type PlanStatus = {
  plan: string;
  source_dir: string; // relative to the root
  units: number;
  deployed: number;
  pending: number;
  stale: boolean; // the sources say something else than the compiled plan
  run_status: RunStatus | null; // of its last run; null: it was never run
  remediation_needed: boolean; // its last run ended, and not with all of it
  next_action: string; // the one command to go on with
  unit_statuses: readonly UnitStatus[];
};

export type RunStatus = EventOf<"run_ended">["status"] | "unfinished";

export type UnitStatus =
  | { unit: string; status: "deployed"; sha: string; ts: string }
  | { unit: string; status: "pending"; blocked_by: readonly string[] };

export type PlanFacts = {
  name: string;
  dir: string;
  stale: boolean;
  tasks: readonly { id: string; depends_on: readonly string[] }[];
  run_status: RunStatus | null;
};

/** Where units have landed, and when. */
type Landings = ReadonlyMap<string, { commit: string; at_ms: number }>;

export function viewPlanStatus({ name, dir, stale, tasks, run_status }: PlanFacts, landed: Landings): PlanStatus {
  const unit_statuses = tasks.map(({ id, depends_on }): UnitStatus => {
    const at = landed.get(id);
    if (!at) return { unit: id, status: "pending", blocked_by: depends_on.filter((dep) => !landed.has(dep)) };
    return { unit: id, status: "deployed", sha: at.commit, ts: new Date(at.at_ms).toISOString() };
  });
  const deployed = unit_statuses.filter(({ status }) => status === "deployed").length;
  const pending = tasks.length - deployed;
  const failed = run_status === "partial" || run_status === "failed";
  return {
    plan: name,
    source_dir: dir,
    units: tasks.length,
    deployed,
    pending,
    stale,
    run_status,
    remediation_needed: failed && pending > 0,
    next_action: next({ dir, pending, failed: failed || run_status === "red", stale }),
    unit_statuses,
  };
}

function next({
  dir,
  pending,
  failed,
  stale,
}: {
  dir: string;
  pending: number;
  failed: boolean;
  stale: boolean;
}): string {
  if (stale) return `dgov compile ${dir}`;
  if (pending === 0 && !failed) return "";
  return failed ? `dgov plan review ${dir}` : `dgov run ${dir}`;
}

/** A plan as one line of the list. */
export type PlanRow = {
  name: string;
  path: string; // relative to the root
  archived: boolean;
  compiled: boolean;
  total: number;
  deployed: number;
  status: "uncompiled" | "empty" | "compiled" | "in_progress" | "complete" | "stale" | "degraded";
  stale: boolean;
  run_status: RunStatus | null;
  remediation_needed: boolean;
};

/** @param status null for a plan that is not compiled, or whose compiled file cannot be read */
export function planRow(plan: { name: string; path: string; archived: boolean }, status: PlanStatus | null): PlanRow {
  if (!status) {
    const none = { compiled: false, total: 0, deployed: 0, stale: false, run_status: null, remediation_needed: false };
    return { ...plan, ...none, status: "uncompiled" };
  }
  const { units: total, deployed, stale, run_status, remediation_needed } = status;
  const how = ((): PlanRow["status"] => {
    if (total === 0) return "empty";
    if (stale) return "stale";
    if (deployed === total) return run_status === "red" ? "degraded" : "complete";
    return deployed === 0 && run_status === null ? "compiled" : "in_progress";
  })();
  return { ...plan, compiled: true, total, deployed, status: how, stale, run_status, remediation_needed };
}
