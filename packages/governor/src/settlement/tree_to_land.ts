import type { Change } from "../git/tree_changes.ts";
import { treeWith } from "../git/tree_with.ts";
import type { CompiledTask } from "../plan/compiled.ts";
import type { Site } from "../site.ts";
import { openBench } from "./bench.ts";
import type { IntegratedCandidate } from "./candidate.ts";
import { commandGates, SETUP } from "./commands.ts";
import { componentGates } from "./components.ts";
import { frozenGates } from "./frozen.ts";
import { type Gate, type Settling, settle, type Verdict } from "./gate.ts";
import { lifecycleGates, tellOfGates } from "./lifecycle.ts";
import { openEvaluator, ruleGates } from "./policy.ts";
import { hasRun, specGates } from "./specs.ts";
import { treeGates } from "./tree_gates.ts";
import { unchanging } from "./unchanging.ts";

/**
 * The very tree that would land on `head`, with what its judges need. `changes` are head → tree; `out` is the absolute
 * path of the folder that takes the whole logs of its gates.
 */
export type TreeToLand = Pick<
  Site,
  "git" | "project" | "pool" | "jail" | "components" | "symbols" | "frozen" | "lifecycle"
> &
  Pick<IntegratedCandidate, "task" | "attempt" | "out" | "more_tests" | "all_tests"> & {
    unit: CompiledTask;
    head: string;
    tree: string;
    changes: readonly Change[];
    pending?: readonly string[]; // frozen tests of tasks that have not landed: red, and asked by nobody yet
  };

/**
 * The names of all gates that are asked of such a tree, in order: those that look at the change alone, and those that need a
 * checkout, whose setup is none of them.
 */
export async function gateNames(
  tree: TreeToLand,
  { now_ms }: Pick<Settling, "now_ms">,
  signal: AbortSignal,
): Promise<{ rules: string[]; commands: string[] }> {
  const { trees, rules } = await rulesOf(tree, now_ms);
  const named = (gates: readonly { name: string }[]) => gates.map(({ name }) => name);
  return {
    rules: named([...trees, ...rules]),
    commands: named(commandsOf(tree, signal)).filter((name) => name !== SETUP),
  };
}

const rulesOf = async (tree: TreeToLand, now_ms: Settling["now_ms"]) => ({
  trees: [...frozenGates(tree), ...(await treeGates(tree, now_ms))],
  rules: await ruleGates(tree),
});

const commandsOf = (tree: TreeToLand, signal: AbortSignal) => [
  ...commandGates(tree.project, tree.unit),
  ...componentGates(tree, signal),
];

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
  const { trees, rules } = await rulesOf(tree, settling.now_ms);
  const isAsked = ({ name }: { name: string }) => only?.includes(name) ?? true;
  const stopped = await settle(trees.filter(isAsked), tree, settling);
  if (stopped) return stopped;
  const gates = rules.filter(isAsked);
  if (gates.length === 0) return null;
  const { evaluate, close } = openEvaluator(tree.jail, signal);
  try {
    return await settle(gates, { ...tree, evaluate }, settling);
  } finally {
    await close();
  }
}

/**
 * Runs the project's own commands on a checkout of the tree, and asks at last whether all have run that had to. Without commands
 * there is no checkout. The project's hooks stand before and after, where a run has any.
 *
 * @param only the names of the gates that are asked, without hooks; absent: all
 */
export async function judgeByCommands(
  tree: TreeToLand,
  settling: Settling,
  signal: AbortSignal,
  only: readonly string[] | null = null,
): Promise<Verdict | null> {
  if (only !== null) return askCommands(tree, settling, signal, only); // an old question once more: nothing is about to happen
  const fell =
    (await settle(lifecycleGates(tree, "pre_gate", signal), tree, settling)) ??
    (await askCommands(tree, settling, signal, null));
  await tellOfGates(tree, fell?.verdict ?? "pass", signal);
  return fell ?? settle(lifecycleGates(tree, "pre_landing", signal), tree, settling);
}

async function askCommands(
  tree: TreeToLand,
  settling: Settling,
  signal: AbortSignal,
  only: readonly string[] | null,
): Promise<Verdict | null> {
  const isAsked = ({ name }: { name: string }) => only?.includes(name) ?? true;
  const gates = commandsOf(tree, signal).filter(isAsked);
  const ran = new Set((await treeGates(tree, settling.now_ms)).map(({ name }) => name)); // they have passed, or nobody came here
  const noted: Settling = {
    ...settling,
    record(verdict) {
      if (hasRun(verdict)) ran.add(verdict.gate);
      settling.record(verdict);
    },
  };
  const fell = gates.length === 0 ? null : await onBench(tree, gates, noted, signal);
  return fell ?? settle(specGates(tree, ran).filter(isAsked), tree, settling);
}

async function onBench(
  tree: TreeToLand,
  gates: readonly Gate<IntegratedCandidate>[],
  settling: Settling,
  signal: AbortSignal,
): Promise<Verdict | null> {
  const { head, pending = [], frozen = [] } = tree;
  const left_out = Object.fromEntries(pending.map((path) => [path, null]));
  const shown = pending.length === 0 ? tree.tree : await treeWith(tree.git, tree.tree, left_out);
  const bench = await openBench(tree, { head, tree: shown, frozen: frozen.map(({ path }) => path) }, signal);
  try {
    const candidate: IntegratedCandidate = { ...tree, ...bench };
    const keeping = gates.map((gate) => unchanging(gate, bench.watch));
    return await settle(keeping, candidate, settling);
  } finally {
    await bench.close();
  }
}
