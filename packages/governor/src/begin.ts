import { availableParallelism } from "node:os";
import { type EventOf, RunId, type TaskId, type TaskSpec } from "@dgov/kernel";
import { limitsOf, lowest } from "./budget.ts";
import type { CeilingTable } from "./budget_file.ts";
import { DgovError } from "./error.ts";
import type { CompiledTask } from "./plan/compiled.ts";
import type { Project } from "./project.ts";
import type { Ready, RunRequest } from "./ready.ts";
import type { World } from "./session.ts";

/** `base`: where the plan's first run began, of which this one carries landings over; null: it carries none. */
type Starting = {
  carried: ReadonlyMap<TaskId, string>;
  only: readonly TaskId[];
  request: Pick<RunRequest, "jobs">;
  world: World;
  base: string | null;
};

/** A run's first event: everything that deciding about it will ever need. @throws DgovError `usage` */
export function startedEvent(
  { project, plan, target, head }: Ready,
  { carried, only, request, world, base }: Starting,
): EventOf<"run_started"> {
  const { limits } = project;
  const ceilings = (own: CeilingTable | undefined) => {
    const lowered = lowest(limits.budget.task, limitsOf(own));
    return Object.values(lowered).some((most) => most !== null) ? { limits: lowered } : {};
  };
  const tasks = plan.tasks
    .filter(({ id }) => only.length === 0 || only.includes(id))
    .map(
      ({ id, depends_on, role, unit, worker, review }): TaskSpec => ({
        id,
        after: [...depends_on],
        role,
        unit,
        carried: carried.get(id) ?? null,
        forks: review.max_fork_depth,
        ...ceilings(worker.budget),
        ...(worker.estimate ? { estimate: worker.estimate } : {}),
        ...(needsApproval({ role, review }, project) ? { approval: true } : {}),
      }),
    );
  return {
    kind: "run_started",
    plan: plan.name,
    plan_dir: plan.dir,
    plan_hash: plan.hash,
    config_hash: project.hash,
    target,
    head,
    source: runSource(world.env),
    only: [...only],
    jobs: request.jobs ?? limits.jobs ?? Math.max(2, availableParallelism()),
    tasks,
    retry: {
      retries: limits.retries,
      settlement_retries: limits.settlement_retries,
      tiers: 1 + limits.escalation.length,
      backoff_ms: [...limits.backoff_ms],
    },
    limits: limits.run,
    currency: limits.budget.currency,
    ...(limits.batch > 1 && !tasks.some(({ approval }) => approval) ? { batch: limits.batch } : {}), // a person approves of one
    ...(limits.routing.profile ? { profile: limits.routing.profile.name } : {}),
    ...(isFinal(project) ? { final: { base: base ?? head } } : {}),
  };
}

/** Whether a person must approve of the work before it lands. */
export const needsApproval = (
  { role, review }: Pick<CompiledTask, "role" | "review">,
  { limits }: Pick<Project, "limits">,
): boolean => role === "worker" && (review.approval || limits.approval.asked);

/** Whether tests may have been left out of every judgement, so that nobody has run all of them on what has landed. */
function isFinal({ commands, limits }: Project): boolean {
  if (limits.final !== "auto") return limits.final === "always";
  return commands.test !== null && (commands.test.includes("{test_dir}") || limits.batch > 1);
}

/** Who asked for the run: DGOV_RUN_SOURCE, or `manual`. @throws DgovError `usage` */
function runSource(env: World["env"]): string {
  const source = env.DGOV_RUN_SOURCE?.trim().toLowerCase() || "manual";
  if (/^[a-z0-9][a-z0-9_.:-]{0,63}$/.test(source)) return source;
  throw new DgovError("usage", `Cannot use DGOV_RUN_SOURCE "${source}": it must be a short word`, {
    hint: "Use letters, digits and _ . : - only, at most 64, beginning with a letter or digit",
  });
}

/** Sorts by time, and two that begin in one second differ. */
export function newRunId({ now_ms, random }: World): RunId {
  const time = new Date(now_ms()).toISOString().replace(/[-:]|\..*/g, "");
  const chance = Math.floor(random() * 0x10000)
    .toString(16)
    .padStart(4, "0");
  return RunId.parse(`r${time}-${chance}`);
}
