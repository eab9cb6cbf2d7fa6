import { type Candidate, chooseRoute, type RouteReason } from "@dgov/kernel/route";
import { type Claim, parseClaim } from "@dgov/sandbox/claim";
import { costMicros, type Price } from "@dgov/worker/price";
import { programNamed } from "./agent_file.ts";
import { ignoreRule } from "./ignore.ts";
import type { CompiledPlan, CompiledTask } from "./plan/compiled.ts";
import type { Wish } from "./plan/resolve.ts";
import type { Profile } from "./profile_file.ts";
import type { Project } from "./project.ts";
import { PROGRAM, type RouteCandidate, type RouteRule } from "./routing_file.ts";
import type { Tier } from "./tiers_file.ts";

/** Why a task goes to whom it goes: the rule, all that it names with what they are reckoned to cost, and the choice. */
export type Route = {
  rule: string;
  task_kind: string;
  candidates: readonly Candidate[];
  chosen: string; // `PROVIDER/MODEL`
  why: RouteReason;
  to: RouteCandidate;
};

type Routed = Pick<CompiledTask, "id" | "role" | "files" | "worker">;
type Defaults = Pick<CompiledPlan, "default_agent" | "default_provider">;

/**
 * What a task asks for, with what it is routed to: its own word first, then a rule of `[routing]`, then the profile in
 * use, then its plan, then who has its role in `[tiers]`. A function of the plan and the project's tables alone.
 */
export function wishOf(task: Routed, plan: Defaults, project: Project): Wish & { route: Route | null } {
  const { agent, provider } = task.worker;
  const route = routeOf(task, project);
  const own = route ? { agent: route.to.agent, provider: askedOf(route.to, project) } : { agent, provider };
  const { profile, tiers } = project.limits.routing;
  return { role: task.role, ...own, ...defaultsOf(plan, profile, tiers[task.role]), route };
}

/** A program is asked of no provider. */
const askedOf = ({ provider, agent }: RouteCandidate, { agents }: Project): string | null =>
  provider === PROGRAM && programNamed(agents, agent) !== null ? null : provider;

/** A profile's word goes before the plan's, a role's after it, and no provider inherits another one's model. */
function defaultsOf({ default_agent, default_provider }: Defaults, profile: Profile | null, tier?: Tier): Defaults {
  if (profile === null) {
    const silent = default_agent === null && default_provider === null;
    return silent && tier
      ? { default_agent: tier.agent, default_provider: tier.provider }
      : { default_agent, default_provider };
  }
  const { provider, agent } = profile;
  if (provider === null) return { default_agent: agent ?? default_agent, default_provider };
  return { default_agent: agent, default_provider: provider };
}

/** The first rule that fits, and whom it chooses; null: the task says itself who does it, or no rule fits. */
export function routeOf(task: Routed, project: Project): Route | null {
  if (task.worker.agent !== null || task.worker.provider !== null) return null;
  const { rules, usage } = project.limits.routing;
  const rule = rules.find((one) => fits(one, task));
  if (!rule) return null;
  const candidates = rule.candidates.map((to): Candidate => {
    const price = priceIn(project, to);
    return { model: modelOf(to), cost_micros: price === null ? null : costMicros(usage, price) };
  });
  const { chosen, why } = chooseRoute(candidates);
  const to = rule.candidates.find((one) => modelOf(one) === chosen.model)!;
  return { rule: rule.name, task_kind: taskKind(task), candidates, chosen: chosen.model, why, to };
}

const modelOf = ({ provider, agent }: RouteCandidate): string => `${provider}/${agent}`;

const priceIn = ({ limits, providers }: Project, to: RouteCandidate): Price | null =>
  limits.budget.prices[modelOf(to)] ?? providers[to.provider]?.price ?? null;

/**
 * What kind of task it is, in one word: its role, and its tags or, where it has none, the endings of the files it may
 * write; `mixed` where a folder or a pattern leaves those open, `none` where it writes nothing.
 */
export function taskKind(task: Routed): string {
  const tags = task.worker.tags ?? [];
  if (tags.length > 0) return `${task.role}:${tags.toSorted().join("+")}`;
  const endings = writes(task).map(endingOf);
  if (endings.length === 0) return `${task.role}:none`;
  const known = [...new Set(endings)].sort();
  return `${task.role}:${known.includes(null) ? "mixed" : known.join("+")}`;
}

/** Unknown never fits: of a folder or a pattern nobody knows how many files it will be, nor how they end. */
function fits(rule: RouteRule, task: Routed): boolean {
  const claims = writes(task);
  const files = claims.every(({ kind }) => kind === "path") ? new Set(claims.map(({ path }) => path)).size : null;
  const tags = task.worker.tags ?? [];
  return [
    rule.roles?.includes(task.role) ?? true,
    rule.tags?.some((tag) => tags.includes(tag)) ?? true,
    rule.sections?.includes(task.id.slice(0, task.id.indexOf("/"))) ?? true,
    rule.files_max === undefined || (files !== null && files <= rule.files_max),
    !rule.paths || (claims.length > 0 && claims.every((claim) => isInside(rule.paths ?? [], claim))),
    !rule.extensions || (claims.length > 0 && claims.every((claim) => endsIn(rule.extensions ?? [], claim))),
  ].every(Boolean);
}

/** A folder or a pattern is inside of a folder alone: of two patterns nobody can tell by their words which is the wider. */
function isInside(paths: readonly string[], { kind, path }: Claim): boolean {
  if (kind === "path") return ignoreRule(paths)(path);
  const literal =
    kind === "glob" ? path.slice(0, Math.max(0, path.slice(0, path.search(/[*?[]/)).lastIndexOf("/"))) : path;
  return literal !== "" && ignoreRule(paths.filter((one) => !/[*?[]/.test(one)))(literal);
}

const endsIn = (extensions: readonly string[], { kind, path }: Claim): boolean =>
  kind === "path" && extensions.some((ending) => path.endsWith(ending));

const writes = ({ files: { create, edit, delete: gone, touch } }: Routed): Claim[] =>
  [...create, ...edit, ...gone, ...touch].map(parseClaim);

/** `py`; a name without an ending is its own kind, and a folder or a pattern has none: null. */
function endingOf({ kind, path }: Claim): string | null {
  if (kind !== "path") return null;
  const name = path.slice(path.lastIndexOf("/") + 1);
  return name.lastIndexOf(".") > 0 ? name.slice(name.lastIndexOf(".") + 1) : name;
}
