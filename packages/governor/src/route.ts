import { modelOf, programNamed } from "./agent_file.ts";
import { symbolFinder } from "./claimable.ts";
import { landedUnits } from "./compile.ts";
import { readProject } from "./config.ts";
import type { CompiledPlan, CompiledTask } from "./plan/compiled.ts";
import { chooseProvider } from "./plan/resolve.ts";
import type { Project } from "./project.ts";
import { compileOrRefuse } from "./ready.ts";
import { findPlan, findRoot } from "./root.ts";
import { type Route, taskKind, wishOf } from "./routing.ts";
import type { Routing } from "./routing_file.ts";

type From = { cwd: string; env: Readonly<Record<string, string | undefined>>; self: readonly string[] };

/**
 * To whom a task goes. `by`: whose word that is; `rule`, `why` and `candidates` are of `rule` alone, else null and empty.
 * `ladder`: who gets an attempt after it, as `PROVIDER/MODEL`.
 */
export type RoutedTask = {
  task: string;
  task_kind: string;
  model: string;
  by: "task" | "rule" | "profile" | "plan" | "project";
  rule: string | null;
  why: Route["why"] | null;
  candidates: Route["candidates"];
  ladder: string[];
};

/** `usage`: the tokens that prices are compared for. */
export type RouteView = { plan: string; currency: string; usage: Routing["usage"]; tasks: RoutedTask[] };

/**
 * To whom the tasks of a plan go and why, by the plan and the project's tables alone.
 *
 * @throws DgovError as `dgov compile` does
 */
export async function explainRoutes(
  { cwd, env, self }: From,
  text: string,
  profile: string | null,
): Promise<RouteView> {
  const root = findRoot(cwd);
  const project = readProject(root, profile, env);
  const dir = findPlan(root, cwd, text);
  const looks = { path: env.PATH ?? null, find: symbolFinder(self), landed: await landedUnits(root, dir) };
  const { plan } = await compileOrRefuse(project, dir, looks);
  const { budget, routing } = project.limits;
  const tasks = plan.tasks.map((task) => routed(task, plan, project));
  return { plan: plan.name, currency: budget.currency, usage: routing.usage, tasks };
}

function routed(task: CompiledTask, plan: CompiledPlan, project: Project): RoutedTask {
  const { route, ...wish } = wishOf(task, plan, project);
  const chosen = chooseProvider(wish, project);
  if (!chosen.ok) throw new Error(`A plan that compiled has nobody for "${task.id}": ${chosen.why}`);
  const { agent, provider } = task.worker;
  const { profile } = project.limits.routing;
  const words = [
    ["rule", route?.rule],
    ["task", agent ?? provider],
    ["profile", profile?.agent ?? profile?.provider],
    ["plan", plan.default_agent ?? plan.default_provider],
  ] as const;
  const [by = "project"] = words.find(([, word]) => word != null) ?? [];
  const ladder = project.limits.escalation.map((rung) =>
    programNamed(project.agents, rung.agent) === null
      ? `${rung.provider ?? chosen.provider.name}/${modelOf(project.agents, rung.agent)}`
      : `program/${rung.agent}`,
  );
  return {
    ...{ task: task.id, task_kind: taskKind(task), by, ladder },
    model: `${chosen.provider.name}/${chosen.agent ?? chosen.provider.name}`,
    rule: route?.rule ?? null,
    why: route?.why ?? null,
    candidates: route?.candidates ?? [],
  };
}
