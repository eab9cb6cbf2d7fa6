import type { RunId, Store, TaskId } from "@dgov/kernel";
import { APPROVAL } from "@dgov/kernel/approval";
import type { Place } from "./error.ts";
import type { PastRun, Start } from "./history.ts";
import { PAUSED } from "./loop.ts";
import type { Ready } from "./ready.ts";
import type { World } from "./session.ts";
import { type RunSummary, summarise, type TaskSummary } from "./view/run_summary.ts";

/**
 * How a call of `dgov run` ended. `did`: what it amounted to. `exit`: 0 when all of it has landed, 1 when not,
 * 130 when the user stopped it.
 */
export type RunView = Omit<RunSummary, "status"> & {
  did: "ran" | "resumed" | "nothing" | "planned";
  status: RunSummary["status"] | "planned";
  warnings: Place[];
  duration_s: number;
  hint: string | null;
  exit: number;
};

type Viewing = { did: RunView["did"]; warnings: Place[]; start_ms: number; world: World };

/** A run as its log tells it, for whoever asked for it. */
export function viewOf(log: Store, id: RunId, { did, warnings, start_ms, world }: Viewing): RunView {
  const events = [...log.read({ run: id })];
  const summary = summarise(id, events);
  const failed = summary.status !== "complete";
  const { event: last } = events.at(-1) ?? {};
  const paused = last?.kind === "run_interrupted" && last.signal === PAUSED;
  const unapproved = last?.kind === "run_interrupted" && last.signal === APPROVAL;
  const red = summary.status === "red";
  const hint = paused
    ? `It was paused, and all work is kept. Go on: dgov unpause && dgov run ${summary.plan_dir}`
    : unapproved
      ? `A person must approve what is ready: dgov approve TASK, and then dgov run ${summary.plan_dir}`
      : did === "nothing" && failed
        ? red
          ? `When it is mended, have the whole judged again: dgov run ${summary.plan_dir} --continue`
          : `The plan is as it was in the last run. Try again what failed: dgov run ${summary.plan_dir} --continue`
        : null;
  return {
    ...summary,
    did,
    warnings,
    duration_s: Math.round(world.now_ms() - start_ms) / 1000,
    hint,
    exit: summary.status === "interrupted" ? 130 : failed ? 1 : 0,
  };
}

type Planning = {
  only: readonly TaskId[];
  decided: Start;
  past: readonly Pick<PastRun, "id" | "landed">[];
  start_ms: number;
  world: World;
};

/** What `--dry-run` says: the run that would begin or go on, and what of it has landed already. */
export function planned(
  { plan, project: { limits }, target, warnings }: Ready,
  { only, decided, past, start_ms, world }: Planning,
): RunView {
  const going = decided.do === "start" ? undefined : past.find(({ id }) => id === decided.run);
  const there = [...(going?.landed ?? [])].map(([id, { commit }]) => [id, commit] as const);
  const carried: ReadonlyMap<string, string> = decided.do === "start" ? decided.carried : new Map(there);
  const wanted = plan.tasks.filter(({ id }) => only.length === 0 || only.includes(id));
  const tasks = wanted.map(
    ({ id }): TaskSummary => ({
      task: id,
      state: carried.has(id) ? "landed" : "waiting",
      attempts: 0,
      commit: carried.get(id) ?? null,
      cause: null,
      gate: null,
      reason: null,
      findings: [],
      clash: null,
      blame: null,
    }),
  );
  const named = (state: TaskSummary["state"]) => tasks.filter((task) => task.state === state).map(({ task }) => task);
  return {
    status: decided.do === "nothing" ? decided.status : "planned",
    succeeded: named("landed"),
    failed: [],
    skipped: [],
    unfinished: named("waiting"),
    run: decided.do === "start" ? "" : decided.run,
    plan: plan.name,
    plan_dir: plan.dir,
    target,
    tasks,
    spent: { calls: 0, tokens: 0, cost_micros: 0, currency: limits.budget.currency, unpriced_calls: 0 },
    abort: null,
    whole: null,
    pending: null,
    did: decided.do === "nothing" ? "nothing" : "planned",
    warnings,
    duration_s: (world.now_ms() - start_ms) / 1000,
    hint: decided.do === "resume" ? `It would go on with run ${decided.run}` : null,
    exit: 0,
  };
}
