import type { RunId, Task, TaskId } from "@dgov/kernel";
import { type Difference, type Rederived, rederive } from "@dgov/kernel/rederive";
import { findRun } from "./find_run.ts";
import { withLog } from "./log.ts";
import { findRoot } from "./root.ts";

/**
 * A run as its log alone tells it. `decisions` were derived and found as recorded, by kind; `difference` is the first that
 * was not, and then the tasks are as they stood before it.
 */
export type ReplayView = {
  run: RunId;
  plan: string;
  plan_dir: string;
  events: number;
  state: "running" | "interrupted" | "complete" | "red" | "partial" | "failed";
  tasks: { task: TaskId; state: Task["state"]; attempts: number }[];
  decisions: Rederived["decisions"];
  agrees: boolean;
  difference: Difference | null;
};

/**
 * Decides a run once more. Reads the log and nothing else: no plan, no key, no git, no network.
 *
 * @throws DgovError `run_unknown`; LogCorrupt for an event that is not what was written
 */
export function replayRun(cwd: string, text: string): Promise<ReplayView> {
  return withLog(findRoot(cwd), (log) => {
    const { run: id, plan, plan_dir, first_seq } = findRun(log, text);
    const { run, events, decisions, difference } = rederive(log.read({ run: id, after: first_seq - 1 }));
    return {
      run: id,
      plan,
      plan_dir,
      events,
      state: run?.status ?? (run?.state === "interrupted" ? "interrupted" : "running"),
      tasks: (run?.tasks ?? []).map(({ id: task, state, attempt }) => ({ task, state, attempts: attempt })),
      decisions,
      agrees: difference === null,
      difference,
    };
  });
}
