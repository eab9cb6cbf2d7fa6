import type { EventOf, TaskId } from "@dgov/kernel";
import type { CompiledPlan } from "./plan/compiled.ts";

/** Where tasks have landed, and when. */
export type Landings = ReadonlyMap<string, { commit: string; at_ms: number }>;

/** An earlier run of a plan, as far as deciding about the next one needs it. */
export type PastRun = {
  id: string;
  started: EventOf<"run_started">;
  ended: EventOf<"run_ended">["status"] | null; // null: it was interrupted or its process died
  landed: Landings; // carried ones included
  landing: ReadonlySet<TaskId>; // whose landing was begun: its files may be there, though no event says so
};

/** `go`: what a bare `dgov run` does. `continue` also retries what failed. `restart` forgets what has landed. */
export type Mode = "go" | "continue" | "restart";

/**
 * What a call of `dgov run` amounts to.
 * `nothing`: there is no work; `status` says how the last run left it, and the exit status with it.
 */
export type Start =
  | { do: "resume"; run: string }
  | { do: "start"; carried: ReadonlyMap<TaskId, string> }
  | { do: "nothing"; status: EventOf<"run_ended">["status"]; run: string };

type Deciding = {
  only: readonly TaskId[];
  target: string;
  reachable: (commit: string) => boolean;
  config: string;
  before?: Landings;
  shipped?: ReadonlyMap<string, string>;
};
const NONE: Landings = new Map();
const NOTHING_SHIPPED: ReadonlyMap<string, string> = new Map();

/**
 * Decides between going on, beginning and doing nothing.
 *
 * @param past      earlier runs of this plan, newest first
 * @param only      the tasks asked for; [] is the whole plan
 * @param target    the ref that work would land on: a run goes on only where it began
 * @param reachable whether a landed commit is still in the target's history: a branch that was put back is work undone
 * @param config    the hash of the configuration: who goes on after it has changed begins a run of its own with what has landed
 * @param before    what an older program has landed: it counts for tasks that none of these runs had
 * @param shipped   what others have landed: who goes on with a plan does not do it again
 */
export function decideStart(
  plan: CompiledPlan,
  past: readonly PastRun[],
  mode: Mode,
  { only, target, reachable, config, before = NONE, shipped = NOTHING_SHIPPED }: Deciding,
): Start {
  const [last] = past;
  const wanted = plan.tasks.filter((task) => only.length === 0 || only.includes(task.id));
  if (mode === "restart") return { do: "start", carried: new Map() };
  const same = last !== undefined && last.started.target === target && samePlan(last, plan, only);
  const bound = mode === "go" || last?.started.config_hash === config;
  if (same && bound && last.ended === null) return { do: "resume", run: last.id };
  const carried = new Map<TaskId, string>();
  for (const [id, { commit }] of latestLandings(past, wanted, before)) if (reachable(commit)) carried.set(id, commit);
  if (mode === "continue")
    for (const { id } of wanted) {
      const commit = shipped.get(id);
      if (commit !== undefined && !carried.has(id)) carried.set(id, commit);
    }
  if (!last || last.ended === null) return { do: "start", carried };
  if (carried.size === wanted.length) {
    if (last.ended === "red" && mode === "continue") return { do: "start", carried }; // to have the whole judged again
    return { do: "nothing", status: last.ended === "red" ? "red" : "complete", run: last.id };
  }
  if (mode === "go" && last.ended !== "complete" && same) return { do: "nothing", status: last.ended, run: last.id };
  return { do: "start", carried };
}

/** Where the plan's first run began, whose landings a run carries over; null: it carries none, or nobody has noted it. */
export function baseOf(past: readonly PastRun[], start: Start, reachable: (commit: string) => boolean): string | null {
  const base = past[0]?.started.final?.base;
  return start.do === "start" && start.carried.size > 0 && base !== undefined && reachable(base) ? base : null;
}

/** The same units for the same tasks: a run can be gone on with, or be said to have failed already. */
export function samePlan(
  past: Pick<PastRun, "started">,
  plan: Pick<CompiledPlan, "tasks">,
  only: readonly TaskId[],
): boolean {
  const before = new Map(past.started.tasks.map((task) => [task.id, task.unit]));
  const now = plan.tasks.filter((task) => only.length === 0 || only.includes(task.id));
  return before.size === now.length && now.every((task) => before.get(task.id) === task.unit);
}

/**
 * Where tasks have landed as they are now. The newest run that had a task decides: one in which it failed undoes an
 * earlier landing, and a task whose unit has changed since has not landed. `before` is for tasks that no run had.
 *
 * @param past newest first
 */
export function latestLandings(
  past: readonly Pick<PastRun, "started" | "landed">[],
  tasks: readonly { id: TaskId; unit: string }[],
  before: Landings = NONE,
): Map<TaskId, { commit: string; at_ms: number }> {
  const landings = new Map<TaskId, { commit: string; at_ms: number }>();
  for (const { id, unit } of tasks) {
    const had = (run: Pick<PastRun, "started">) => run.started.tasks.find((spec) => spec.id === id);
    const last = past.find(had);
    const landed = !last ? before.get(id) : had(last)?.unit === unit ? last.landed.get(id) : undefined;
    if (landed) landings.set(id, landed);
  }
  return landings;
}

/** `--only ID`: the task and everything it depends on, in plan order. Unknown ids are the caller's to refuse. */
export function closure(plan: CompiledPlan, ids: readonly TaskId[]): TaskId[] {
  const wanted = new Set<TaskId>();
  const byId = new Map(plan.tasks.map((task) => [task.id, task]));
  const add = (id: TaskId): void => {
    if (wanted.has(id)) return;
    wanted.add(id);
    for (const dep of byId.get(id)?.depends_on ?? []) add(dep);
  };
  for (const id of ids) add(id);
  return plan.tasks.filter((task) => wanted.has(task.id)).map((task) => task.id);
}
