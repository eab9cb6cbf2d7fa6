import type { TaskId } from "@dgov/kernel";
import type { FrozenTest } from "@dgov/kernel/stages";
import type { Isolation } from "@dgov/sandbox";
import type { Touches } from "@dgov/semantic/touches";
import type { Git } from "../git/git.ts";
import type { Change } from "../git/tree_changes.ts";
import type { CompiledTask } from "../plan/compiled.ts";
import type { Project } from "../project.ts";
import type { Symbols } from "../semantic/symbols.ts";
import type { Shown } from "./evidence.ts";

/** What the gates on the frozen work look at. `changes` are against `base`, the commit the attempt began on. */
export type FrozenCandidate = {
  git: Git;
  project: Project;
  unit: CompiledTask;
  base: string;
  tree: string;
  changes: readonly Change[];
  ignored: readonly string[]; // what the worker left that git ignores; only looked for when nothing changed
  touched: readonly string[]; // what its tools wrote, also when it was undone later
  shown: Shown;
  symbols: () => Promise<Touches>; // what it touches from the base to the tree, by the claims of its task
};

/** Tracked files that were changed, and files that were made beside them. All of it is put back or removed by now. */
export type Left = { changed: readonly string[]; made: readonly string[] };

/** Whether it is there; and why not, as a clause, where the project asks for it. */
export type GivenSetup = { given: boolean; why_not: string | null };

/**
 * What the gates on the integrated work look at: a checkout of the very tree that would land.
 *
 * `changes` are head → tree; `root` is the checkout, `isolation` runs commands in it; `out` takes whole logs
 */
export type IntegratedCandidate = {
  git: Git;
  project: Project;
  unit: CompiledTask;
  task: TaskId;
  attempt: number;
  head: string;
  tree: string;
  changes: readonly Change[];
  root: string;
  isolation: Isolation;
  symbols: Pick<Symbols, "dependents">;
  /** An isolation with the network, when the project lets its setup have one. */
  setupIsolation: () => Promise<Isolation>;
  /** Puts what setups have made of the same files into the checkout, where that is known or can be made. */
  giveSetup: () => Promise<GivenSetup>;
  /** What the gate's commands have done to the checkout since this was last asked: whoever asks, answers for it. */
  takeLeft: () => Left;
  /** A checkout of the head with an isolation, made when a checker has to be asked what was wrong before. */
  baseline: () => Promise<{ root: string; isolation: Isolation; takeLeft: () => Left }>;
  out: string;
  all_tests?: boolean; // whatever has changed; absent: those that the change concerns
  frozen?: readonly FrozenTest[]; // the acceptance tests of its plan; absent: it has none
  more_tests?: readonly string[]; // test commands of the other tasks that are judged with this one
};
