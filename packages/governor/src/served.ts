import { TaskId } from "@dgov/kernel";
import { DgovError } from "./error.ts";
import { type HeldFinding, heldOf } from "./findings.ts";
import { withLog } from "./log.ts";
import { pausedBecause } from "./pause.ts";
import { type PlanPage, readPlanPage } from "./plan_page.ts";
import { ranAs } from "./ran_as.ts";
import { findPlanOrArchived, findRoot } from "./root.ts";
import { eventsOver } from "./run_events.ts";
import { processOf } from "./status.ts";
import { SAYING } from "./steering/ask.ts";
import { attentionOf, type LiveTask } from "./view/attention.ts";
import { NO_PROGRESS, progress } from "./view/progress.ts";
import { STATUS_KINDS, type Status, viewStatus } from "./view/status.ts";

export { watch } from "./watching.ts";
export type { HeldFinding, LiveTask, PlanPage };

/**
 * All that a page about the last run shows. `page` is null where nothing was ever run, or where the plan cannot be read
 * any more: `why` says so then. `last_seq`: of the log, and the same for the same page.
 */
export type Served = {
  status: Status;
  tasks: readonly LiveTask[];
  findings: readonly HeldFinding[]; // that reviewers hold against tasks that have not landed
  paused: string | null;
  page: PlanPage | null;
  why: string | null;
  last_seq: number;
};

type From = { cwd: string; env: Readonly<Record<string, string | undefined>>; now_ms(): number };

/** Reads the last run: of this plan, or of whichever plan was run last. @throws DgovError for a plan that is not there */
export async function readServed(from: From, plan: string | null): Promise<Served> {
  const root = findRoot(from.cwd);
  const dir = plan === null ? null : findPlanOrArchived(root, from.cwd, plan);
  const live = await withLog(root, (log) => {
    const last = log.lastRun(dir === null ? undefined : ranAs(root, log, dir));
    const events = last ? [...log.read({ run: last.run, after: last.first_seq - 1 })] : [];
    const folded = events.filter(({ event }) => STATUS_KINDS.includes(event.kind));
    const status = viewStatus(folded, { process: processOf(root), all: true });
    const heard = new Map(
      events.flatMap(({ at_ms, event }) => ("task" in event ? [[event.task, at_ms] as const] : [])),
    );
    const now = { heard, now_ms: from.now_ms() };
    const tasks = attentionOf(status, events.reduce(progress, NO_PROGRESS), now);
    const said = events.flatMap(({ event }) => (SAYING.includes(event.kind) ? [event] : []));
    const findings = heldOf(root, tasks.map(idOf), eventsOver(said));
    return { status, tasks, findings, last_seq: log.lastSeq(), paused: pausedBecause(root) };
  });
  const named = dir ?? live.status.run?.plan_dir ?? null; // relative to the root, wherever the user stands
  if (named === null) return { ...live, page: null, why: null };
  try {
    return { ...live, page: await readPlanPage({ ...from, cwd: root }, named, null, "none"), why: null };
  } catch (error) {
    if (!(error instanceof DgovError)) throw error;
    return { ...live, page: null, why: error.message };
  }
}

const idOf = ({ task, state }: LiveTask) => ({ id: TaskId.parse(task), state });

/** One task with its patch and its story. @throws DgovError `task_unknown` */
export const readServedTask = (from: From, plan: string, task: string): Promise<PlanPage> =>
  readPlanPage(from, plan, task);

/** The number of the log's last event: a page that was made at the same one is the same page. */
export const lastSeq = (cwd: string): Promise<number> => withLog(findRoot(cwd), (log) => log.lastSeq());
