import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { TaskId } from "@dgov/kernel";
import { changesFiles } from "@dgov/kernel/role";
import { type Model, openaiModel, type Price, parseScript, ScriptError, scriptedModel } from "@dgov/worker";
import { modelOf, type Program, programNamed } from "../agent_file.ts";
import { limitsOf } from "../budget.ts";
import { DgovError } from "../error.ts";
import type { CompiledPlan, CompiledTask } from "../plan/compiled.ts";
import { PROGRAMS, programFor } from "../plan/resolve.ts";
import type { Project, Provider } from "../project.ts";
import { SELF } from "../review_file.ts";
import { type Route, wishOf } from "../routing.ts";
import type { World } from "../session.ts";
import { GUESTS, type Guest } from "./guest.ts";
import { refuseUnwatchable } from "./watchable.ts";

/**
 * Who works on a task: resolved once, before anything is spent, and put in the log with each attempt, with why. `program`: it
 * is a command-line agent, which is asked for no model; `guest`: nor is somebody from outside, absent for all others.
 */
export type Binding = {
  provider: Provider;
  agent: string;
  price: Price | null;
  program: Program | null;
  route: Route | null;
  guest?: Guest;
};

/** An attempt at a task, and the rung of the ladder that it is made from: 0 is the task's own agent. */
export type Rung = { task: TaskId; tier: number };

/** Makes the model of one attempt, or of a seat that reviews one. Holds the keys; whoever calls it sees none. */
export type Models = {
  binding(of: Rung): Binding;
  model(of: Rung & { attempt: number }): Model;
  seat(name: string, author: Rung): Binding; // of the seat `self`: the author's own
  seatModel(name: string, of: Rung & { attempt: number }): Model;
  programs: readonly Program[]; // all that may be asked, each once
};

/**
 * Binds every task to its providers and models, those of the whole ladder, and reads what they need: keys from the
 * environment, scripts from files.
 *
 * @param guest does all the work, whoever the plan names; null: nobody does
 * @throws DgovError `provider_unknown`, `key_missing`, `script_invalid` or `config_invalid` before the first event of a run
 */
export function bindModels(
  { plan, project }: { plan: CompiledPlan; project: Project },
  world: Pick<World, "env" | "now_ms" | "sleep_ms" | "random">,
  guest: Guest | null = null,
): Models {
  const ladders = new Map(
    plan.tasks.map((task) => [
      task.id,
      guest === null ? bindLadder(task, plan, project) : [bindGuest(guest, task, project)],
    ]),
  );
  refuseUnwatchable({ plan, project }, ladders);
  const seats = bindSeats({ plan, project }, ladders);
  const everybody = [...ladders.values()].flat().concat(...seats.values());
  const makers = new Map<Provider, ReturnType<typeof makerOf>>();
  for (const { provider } of everybody)
    if (provider.kind !== "program" && !makers.has(provider))
      makers.set(provider, makerOf(provider, { plan, project, world }));
  const makerFor = (provider: Provider) => {
    const make = makers.get(provider);
    if (!make) throw new Error(`No maker for provider "${provider.name}"`);
    return make;
  };
  const binding = ({ task, tier }: Rung): Binding => {
    const ladder = ladders.get(task);
    const found = ladder?.[tier] ?? ladder?.at(-1); // a run that goes on may have begun with a longer one
    if (!found) throw new Error(`No task "${task}" in plan "${plan.name}"`);
    return found;
  };
  const seat = (name: string, author: Rung): Binding => {
    const found = name === SELF ? binding(author) : seats.get(name);
    if (!found) throw new Error(`No seat "${name}" in the review`);
    return found;
  };
  const programs = new Set(everybody.flatMap(({ program }) => program ?? []));
  return {
    programs: [...programs],
    binding,
    model: ({ task, tier, attempt }) => {
      const { provider, agent } = binding({ task, tier });
      return makerFor(provider)({ task, attempt, agent });
    },
    seat,
    seatModel: (name, of) => {
      const { provider, agent } = seat(name, of);
      return makerFor(provider)({ ...of, agent, seat: name });
    },
  };
}

/** The task's own agent, and above it those that its project escalates to. */
function bindLadder(task: CompiledTask, plan: CompiledPlan, project: Project): Binding[] {
  const above = project.limits.escalation.map(({ agent, provider }): CompiledTask => {
    const wish = wishOf(task, plan, project);
    const own = wish.provider ?? wish.default_provider ?? project.provider;
    const asked = programNamed(project.agents, agent) === null ? (provider ?? own) : null;
    return { ...task, worker: { ...task.worker, agent, provider: asked } };
  });
  return [task, ...above].map((rung) => bind(rung, plan, project));
}

function bind(task: CompiledTask, plan: CompiledPlan, project: Project): Binding {
  const wish = wishOf(task, plan, project);
  const program = programFor(wish, project);
  if (program !== null) return { ...bindProgram(program, [task], project), route: wish.route };
  const name = wish.provider ?? wish.default_provider ?? project.provider;
  if (name === null)
    throw new DgovError(
      "provider_unknown",
      `Cannot run "${task.id}": neither it, nor its plan, nor the project names a provider`,
    );
  const provider = project.providers[name];
  if (!provider) throw new DgovError("provider_unknown", `Cannot run "${task.id}": no provider is named "${name}"`);
  // A model belongs to its provider: the project's own choice must not leak to another one.
  const fallback = provider.default_agent ?? (name === project.provider ? project.default_agent : null);
  const asked = wish.agent ?? wish.default_agent ?? fallback ?? (provider.kind === "scripted" ? "scripted" : null);
  if (asked === null)
    throw new DgovError("provider_unknown", `Cannot run "${task.id}": no agent is named for provider "${name}"`, {
      hint: `Set agent on the task, default_agent on the plan, or default_agent in [providers.${name}]`,
    });
  const agent = modelOf(project.agents, asked);
  return priced({ provider, agent, route: wish.route }, project, [task]);
}

/** With its price, which it must have where money has a ceiling: what nobody can count, nobody can limit. */
function priced(
  { provider, agent, route }: Omit<Binding, "price" | "program">,
  project: Project,
  tasks: readonly CompiledTask[],
): Binding {
  const model = `${provider.name}/${agent}`;
  const price = project.limits.budget.prices[model] ?? provider.price;
  const limited = tasks.find((task) => hasMoneyCeiling(project, task));
  if (provider.kind === "openai" && price === null && limited)
    throw new DgovError("config_invalid", `Cannot limit what "${limited.id}" costs: "${model}" has no price`, {
      hint: `Set input and output in [prices."${model}"] of .dgov/project.toml, 0 for what is free`,
    });
  return { provider, agent, price, route, program: null };
}

/** Where something has a ceiling that nobody can count for it, it works only if the project says that it may. */
function bindProgram(program: Program, tasks: readonly CompiledTask[], project: Project): Omit<Binding, "route"> {
  const { name } = program;
  const hint = `Set unmetered = true in [agents.${name}]: the ceiling then holds for the other agents, not for this one`;
  for (const task of tasks) refuseUncounted({ ...program, what: "a program", hint }, task, project);
  return { provider: PROGRAMS, agent: name, price: null, program };
}

function bindGuest(guest: Guest, task: CompiledTask, project: Project): Binding {
  const hint = "Start it with --unmetered: the ceiling then holds for whom dgov asks itself";
  refuseUncounted({ ...guest, what: "a guest", hint }, task, project);
  return { provider: GUESTS, agent: guest.name, price: null, program: null, route: null, guest };
}

type Uncounted = { name: string; unmetered: boolean; what: string; hint: string };

function refuseUncounted({ name, unmetered, what, hint }: Uncounted, task: CompiledTask, { limits }: Project): void {
  const ceilings = [limits.run, limits.budget.task, limitsOf(task.worker.budget)];
  const counted = ceilings
    .flatMap(({ cost_micros, tokens, calls, turns = null }) => Object.entries({ cost_micros, tokens, calls, turns }))
    .find(([, most]) => most !== null);
  if (counted && !unmetered)
    throw new DgovError(
      "config_invalid",
      `Cannot keep the ceiling of ${CEILINGS[counted[0]]} for "${task.id}": "${name}" is ${what}, and dgov sees none of its model's calls`,
      { hint },
    );
}

const CEILINGS: Readonly<Record<string, string>> = {
  cost_micros: "money",
  tokens: "tokens",
  calls: "calls",
  turns: "turns",
};

/** The seats of the review, by name. Nobody sits in judgement over what it has made itself. */
function bindSeats(
  { plan, project }: { plan: CompiledPlan; project: Project },
  authors: ReadonlyMap<TaskId, readonly Binding[]>,
): Map<string, Binding> {
  const judged = plan.tasks.filter(({ role }) => changesFiles(role));
  const seats = judged.length === 0 ? [] : (project.rules.review?.seats ?? []);
  return new Map(
    seats.map(({ name, provider: of, agent }) => {
      const program = of === PROGRAMS.name ? programNamed(project.agents, agent) : null;
      const provider = program === null ? project.providers[of] : PROGRAMS;
      if (!provider) throw new DgovError("provider_unknown", `Cannot seat "${name}": no provider is named "${of}"`);
      const own = judged.find(({ id }) =>
        authors.get(id)?.some((author) => author.provider === provider && author.agent === agent),
      );
      if (own)
        throw new DgovError(
          "config_invalid",
          `Cannot seat "${name}": "${of}/${agent}" is also the author of "${own.id}"`,
          {
            hint: `Choose another model in [review.seats.${name}] of .dgov/project.toml, or for the task`,
          },
        );
      if (program !== null) return [name, { ...bindProgram(program, judged, project), route: null }];
      return [name, priced({ provider, agent, route: null }, project, judged)];
    }),
  );
}

const hasMoneyCeiling = ({ limits }: Project, { worker }: CompiledTask): boolean =>
  [limits.run, limits.budget.task, limitsOf(worker.budget)].some(({ cost_micros }) => cost_micros !== null);

type Making = {
  plan: CompiledPlan;
  project: Project;
  world: Pick<World, "env" | "now_ms" | "sleep_ms" | "random">;
};

function makerOf(
  provider: Provider,
  { plan, project, world }: Making,
): (of: { task: TaskId; attempt: number; agent: string; seat?: string }) => Model {
  const never = new AbortController().signal; // the loop's own signal reaches the model with each call
  const sleep_ms = (ms: number, signal: AbortSignal = never) => world.sleep_ms(ms, signal);
  if (provider.kind === "scripted") {
    const path = provider.script ?? scriptOf(project.root, plan.dir);
    const script = readScript(project.root, path);
    return ({ task, attempt, seat }) => scriptedModel(script, { task, attempt, seat, sleep_ms });
  }
  const { base_url, api_key_env, name } = provider;
  if (base_url === null) throw new DgovError("provider_unknown", `Cannot use provider "${name}": it has no base_url`);
  const api_key = api_key_env === null ? "" : (world.env[api_key_env] ?? "");
  if (api_key_env !== null && api_key === "")
    throw new DgovError("key_missing", `Cannot use provider "${name}": ${api_key_env} is not set`);
  return ({ agent }) =>
    openaiModel({ base_url, api_key, model: agent, now_ms: world.now_ms, sleep_ms, random: world.random });
}

/** A plan that nobody wrote has no script beside it: the project may have one for all of those. */
function scriptOf(root: string, dir: string): string {
  const [own, common] = [join(dir, "script.json"), ".dgov/script.json"];
  return !existsSync(resolve(root, own)) && existsSync(resolve(root, common)) ? common : own;
}

function readScript(root: string, path: string) {
  try {
    return parseScript(readFileSync(resolve(root, path), "utf8"), path);
  } catch (error) {
    if (error instanceof ScriptError) throw new DgovError("script_invalid", error.message, { cause: error });
    const why = error instanceof Error ? error.message : String(error);
    throw new DgovError("script_invalid", `Cannot read the script "${path}": ${why}`, { cause: error });
  }
}
