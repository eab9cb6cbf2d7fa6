import type { Change } from "../git/tree_changes.ts";
import type { CompiledTask } from "../plan/compiled.ts";
import type { Site } from "../site.ts";
import { openBench } from "./bench.ts";
import type { IntegratedCandidate } from "./candidate.ts";
import { commandGates } from "./commands.ts";
import { componentGates } from "./components.ts";
import { type Settling, settle, type Verdict } from "./gate.ts";
import { openEvaluator, ruleGates } from "./policy.ts";
import { treeGates } from "./tree_gates.ts";
import { unchanging } from "./unchanging.ts";

/**
 * The very tree that would land on `head`, with what its judges need. `changes` are head → tree; `out` is the absolute
 * path of the folder that takes the whole logs of its gates.
 */
export type TreeToLand = Pick<Site, "git" | "project" | "pool" | "jail" | "components" | "symbols"> &
  Pick<IntegratedCandidate, "task" | "attempt" | "out" | "more_tests"> & {
    unit: CompiledTask;
    head: string;
    tree: string;
    changes: readonly Change[];
  };

/**
 * Asks of structure and interfaces, and the project's scripts, before anything is checked out: they look at the change alone.
 *
 * @param only as in `judgeByCommands`
 */
export async function judgeByRules(
  tree: TreeToLand,
  settling: Settling,
  signal: AbortSignal,
  only: readonly string[] | null = null,
): Promise<Verdict | null> {
  const isAsked = ({ name }: { name: string }) => only?.includes(name) ?? true;
  const trees = (await treeGates(tree, settling.now_ms)).filter(isAsked);
  const stopped = await settle(trees, tree, settling);
  if (stopped) return stopped;
  const gates = (await ruleGates(tree)).filter(isAsked);
  if (gates.length === 0) return null;
  const { evaluate, close } = openEvaluator(tree.jail, signal);
  try {
    return await settle(gates, { ...tree, evaluate }, settling);
  } finally {
    await close();
  }
}

/**
 * Runs the project's own commands on a checkout of the tree. Without commands there is no checkout.
 *
 * @param only the names of the gates that are asked; absent: all
 */
export async function judgeByCommands(
  tree: TreeToLand,
  settling: Settling,
  signal: AbortSignal,
  only: readonly string[] | null = null,
): Promise<Verdict | null> {
  const all = [...commandGates(tree.project, tree.unit), ...componentGates(tree, signal)];
  const gates = all.filter(({ name }) => only?.includes(name) ?? true);
  if (gates.length === 0) return null;
  const bench = await openBench(tree, tree, signal);
  try {
    const candidate: IntegratedCandidate = { ...tree, ...bench };
    const keeping = gates.map((gate) => unchanging(gate, bench.watch));
    return await settle(keeping, candidate, settling);
  } finally {
    await bench.close();
  }
}
