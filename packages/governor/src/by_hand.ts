import { toolSpecs } from "@dgov/sandbox";
import { type ToolResult, type ToolSpec, workByHand } from "@dgov/worker";
import { needsApproval } from "./begin.ts";
import { createDesk, type Desk } from "./by_hand/desk.ts";
import type { Refusal, Standing } from "./by_hand/standing.ts";
import { symbolFinder } from "./claimable.ts";
import { openComponents, withComponents } from "./components.ts";
import { readProject } from "./config.ts";
import type { Guest } from "./dispatch/guest.ts";
import { scopeOf } from "./dispatch/scope.ts";
import { DgovError } from "./error.ts";
import { headCommit } from "./git/head.ts";
import { openRepository } from "./git/readiness.ts";
import { openJail } from "./jail.ts";
import { type Telling, withNotices } from "./notices.ts";
import type { CompiledPlan, CompiledTask } from "./plan/compiled.ts";
import { ownCommands } from "./programs.ts";
import { compileOrRefuse, planFolder } from "./ready.ts";
import { findRoot } from "./root.ts";
import { runPlan } from "./run.ts";
import type { World } from "./session.ts";

export type { Refusal, Standing, ToolResult, ToolSpec };

/**
 * One task of a plan for somebody from outside. `plan` is a path seen from `cwd`; `task` its id, or the end of it; `timeout_ms`
 * is for an attempt, null: as long as the task says; `unmetered`: ceilings of money and tokens do not bind them.
 */
export type HandRequest = { cwd: string; plan: string; task: string; timeout_ms: number | null; unmetered: boolean };

/** What a call came to. `ended`: it has ended the attempt, and the standing says what became of the work. */
export type Called = { result: ToolResult; standing: Standing; ended: boolean };

/**
 * The work on one task by hand: a run of that task alone, in which somebody from outside makes the calls.
 *
 * `specs`    the tools as a worker of that task has them, in the attempt under way where there is one
 * `take`     begins the run where there is none, and waits until there is something to be told, or so long
 * `order`    what the attempt under way is to do, as a worker is told; null: none is under way
 * `call`     makes a call, and begins the run for it where there is none
 * `leave`    whoever worked is gone: an attempt is stopped and its work kept, a judgement is brought to its end
 */
export type ByHand = {
  task: string;
  specs(): readonly ToolSpec[];
  take(name: string, wait_ms: number): Promise<Standing>;
  order(): string | null;
  call(name: string, call: { tool: string; input: string }, wait_ms: number): Promise<Called>;
  leave(): Promise<void>;
};

type Outside = { world: World; telling: Telling };

/**
 * Looks the task up, and writes nothing: the repository is taken with the first call, and given back when the run is over.
 *
 * @throws DgovError `task_unknown`, and what refuses a plan or a project; `take` and `call`: whatever a run throws
 */
export async function openByHand(request: HandRequest, { world, telling }: Outside): Promise<ByHand> {
  const { specs, ...of } = await lookUp(request, world);
  const desk = createDesk(of, world);
  const take = async (name: string, wait_ms: number): Promise<Standing> => {
    desk.begin((ears) => {
      const guest = guestOf(request, name, desk);
      const own = { ...world, signal: ears.signal };
      return withNotices(telling, own, (heard) => runPlan({ ...runOf(request, of.task), guest }, both(heard, ears)));
    });
    await desk.until(desk.isAsked, wait_ms);
    return desk.standing();
  };
  return {
    ...{ task: of.task, specs: () => desk.hand()?.specs ?? specs, take, order: desk.order, leave: desk.leave },
    async call(name, { tool, input }, wait_ms) {
      await take(name, wait_ms);
      const hand = desk.hand();
      const result = (await hand?.call(tool, input)) ?? null;
      if (result !== null && !result.ended) return { result, standing: desk.standing(), ended: false };
      await desk.until(() => hand === null || desk.hand() !== hand, wait_ms); // the run hears of it a moment later
      const standing = await take(name, wait_ms);
      return { result: result ?? { ok: false, text: sayNotMade(tool, standing) }, standing, ended: true };
    },
  };
}

const runOf = ({ cwd, plan }: HandRequest, task: string) =>
  ({ cwd, plan, only: [task], mode: "continue", jobs: 1, yes: false, dry_run: false }) as const;

const both = (world: World, { notify }: Pick<World, "notify">): World => ({
  ...world,
  notify(stored) {
    notify(stored);
    world.notify(stored);
  },
});

const guestOf = ({ timeout_ms, unmetered }: HandRequest, name: string, desk: Desk): Guest => ({
  ...{ name: nameOf(name), time_ms: timeout_ms, unmetered },
  work: (order, outside) => {
    const told = order.messages.map(({ text }) => text).join("\n\n");
    return workByHand(order, outside, (hand) => desk.lend(told, hand)).finally(desk.takeBack);
  },
});

const sayNotMade = (tool: string, { state, attempt }: Standing): string =>
  `Error: "${tool}" was not called, or its attempt was over first: attempt ${attempt} is ${state}`;

/** What a client calls itself is said in the log and on terminals: words, and nothing that a terminal takes for more. */
const nameOf = (name: string): string => name.replace(/[^\w.@+ -]/g, "_").slice(0, 100) || "client";

type Looked = { root: string; task: CompiledTask["id"]; approval: boolean; specs: readonly ToolSpec[] };

async function lookUp({ cwd, plan: path, task: name }: HandRequest, world: World): Promise<Looked> {
  const root = findRoot(cwd);
  const git = await openRepository(root, world.env);
  const project = readProject(root, null, world.env);
  const asked = { cwd, plan: path, only: [], mode: "go", jobs: null, yes: false, dry_run: true } as const;
  const looks = { path: world.env.PATH ?? null, find: symbolFinder(world.self) };
  const { plan } = await compileOrRefuse(project, planFolder(root, asked), looks);
  const unit = taskNamed(plan, name);
  const head = await headCommit(git);
  const jail = await openJail({ ...withComponents(project), commands: ownCommands(project, plan) }, world);
  const { tools } = await openComponents({ git, project, head, jail });
  const specs = toolSpecs({ ...scopeOf(project, unit, head), components: tools });
  return { root, task: unit.id, approval: needsApproval(unit, project), specs };
}

/** @throws DgovError `task_unknown` */
function taskNamed({ name, tasks }: CompiledPlan, text: string): CompiledTask {
  const fitting = tasks.filter(({ id }) => id === text || id.endsWith(`.${text}`));
  const own = fitting.find(({ id }) => id === text) ?? (fitting.length === 1 ? fitting[0] : undefined);
  if (own) return own;
  const known = (fitting.length > 0 ? fitting : tasks).map(({ id }) => id);
  const why = fitting.length > 0 ? "more than one task ends so" : `the plan "${name}" has no such task`;
  throw new DgovError("task_unknown", `Cannot work on "${text}": ${why}`, { hint: `Give one of ${known.join(", ")}` });
}
