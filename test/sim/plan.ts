import { type EventOf, TaskSpec } from "../../packages/kernel/src/index.ts";
import type { Chance } from "./chance.ts";
import { oid } from "./world.ts";

const TASKS_MAX = 12;

/** A plan of up to twelve tasks with random edges, roles and limits, as the first event of a run. */
export function randomPlan(chance: Chance, head: string): EventOf<"run_started"> {
  const count = 1 + chance.below(TASKS_MAX);
  const density = chance.pick([0, 0.1, 0.3, 0.7]);
  const tasks: TaskSpec[] = [];
  for (let at = 0; at < count; at++) tasks.push(randomTask(chance, at, tasks, density));
  return {
    kind: "run_started",
    plan: "sim",
    plan_dir: ".dgov/plans/sim",
    plan_hash: "plan",
    config_hash: "config",
    target: "refs/heads/main",
    head,
    source: "manual",
    only: [],
    jobs: 1 + chance.below(4),
    // Plan order is not always an order in which dependencies come first.
    tasks: chance.yes(0.3) ? tasks.reverse() : tasks,
    retry: {
      retries: chance.below(3),
      settlement_retries: chance.below(3),
      tiers: 1 + chance.below(3),
      backoff_ms: chance.pick([[0], [10, 1000]]),
    },
    ...(chance.yes(0.5) ? { batch: chance.pick([2, 3, 8]) } : {}),
    ...(chance.yes(0.5) ? { final: { base: head } } : {}),
    limits: {
      calls: chance.yes(0.2) ? chance.below(20) : null,
      tokens: chance.yes(0.2) ? chance.below(2000) : null,
      cost_micros: chance.yes(0.2) ? chance.below(2000) : null,
      wall_ms: chance.yes(0.1) ? chance.below(5000) : null,
    },
  };
}

function randomTask(chance: Chance, at: number, before: readonly TaskSpec[], density: number): TaskSpec {
  const after = before.filter(() => chance.yes(density));
  const carried = chance.yes(0.1) && after.every((dep) => dep.carried) ? oid(1_000_000 + at) : null;
  const role = chance.yes(0.85) ? "worker" : chance.pick(["researcher", "reviewer"] as const);
  return TaskSpec.parse({
    id: `core/part.t${at}`,
    after: after.map(({ id }) => id),
    role,
    unit: `unit ${at}`,
    carried,
  });
}
