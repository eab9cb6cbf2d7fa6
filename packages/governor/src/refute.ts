import { symbolFinder } from "./claimable.ts";
import { type Asking, landedUnits } from "./compile.ts";
import { readProject } from "./config.ts";
import type { Place } from "./error.ts";
import type { Contradiction } from "./plan/contract/contradiction.ts";
import { type Shape, shapeOf } from "./plan/contract/shape.ts";
import { resolveGraph } from "./plan/graph.ts";
import { readPlan } from "./plan/read.ts";
import { compileFolder } from "./plan/store.ts";
import { findPlanOrArchived, findRoot } from "./root.ts";

/**
 * What `dgov plan refute` shows. `contradictions`: what the plan states, and is not so. `errors`: why it does not compile
 * apart from that. `derived`: what its order comes to; null where it has a circle or cannot be read.
 */
export type RefuteView = {
  plan: string;
  refuted: boolean;
  contradictions: readonly Contradiction[];
  errors: readonly Place[];
  contract_hash: string | null; // of the promises; null: the plan has no contract
  dispatch_hash: string | null; // of what workers are told; null: it does not compile
  derived: Derived | null;
};

export type Derived = Omit<Shape, "layers" | "blocks"> & {
  by_task: Readonly<Record<string, { layer: number; blocks: readonly string[] }>>;
};

/** What a prompt names and nobody has: a contradiction between what a task is told and what it is given. */
const PROMPTS: ReadonlySet<string> = new Set(["prompt_path_unclaimed", "prompt_symbol_unknown"]);

/** Holds every statement of a plan against what it follows from, and finds all that is false at once. Writes nothing. */
export async function refutePlan({ cwd, env, self }: Asking, text: string): Promise<RefuteView> {
  const root = findRoot(cwd);
  const dir = findPlanOrArchived(root, cwd, text);
  const landed = await landedUnits(root, dir);
  const project = readProject(root, null, env);
  const find = symbolFinder(self);
  const { places, dispatch } = await compileFolder(project, dir, {
    providers: "advised",
    path: env.PATH ?? null,
    landed,
    find,
  });
  const { tasks, broken, contract, root: header } = readPlan(root, dir);
  const contradictions = places.flatMap((place) => contradictionOf(place) ?? []);
  const { graph } = resolveGraph(tasks, broken);
  const circular = tasks.some(({ id }) => graph.upstream.get(id)!.has(id));
  return {
    plan: header?.plan.name ?? dir,
    refuted: contradictions.length > 0,
    contradictions,
    errors: places.filter((place) => place.severity === "error" && contradictionOf(place) === null),
    contract_hash: contract?.hash ?? null,
    dispatch_hash: dispatch,
    derived: circular || tasks.length === 0 ? null : derivedOf(shapeOf(tasks, graph)),
  };
}

function contradictionOf(place: Place): Contradiction | null {
  if (PROMPTS.has(place.code)) return { ...place, stated: null, actual: null };
  return "stated" in place && "actual" in place ? { ...place, stated: place.stated, actual: place.actual } : null;
}

function derivedOf({ layers, blocks, ...shape }: Shape): Derived {
  const each = [...layers].map(([id, layer]) => [id, { layer, blocks: blocks.get(id)! }] as const);
  return { ...shape, by_task: Object.fromEntries(each) };
}
