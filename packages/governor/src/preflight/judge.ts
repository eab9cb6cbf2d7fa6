import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { type Finding, TaskId } from "@dgov/kernel";
import { openComponents, withComponents } from "../components.ts";
import { DgovError } from "../error.ts";
import { broughtBetween } from "../git/brought.ts";
import type { Git } from "../git/git.ts";
import { integrate } from "../git/integrate.ts";
import { treeOf } from "../git/tree_object.ts";
import { openPool, poolFolder } from "../git/worktrees.ts";
import { openJail, refuseNativeGates } from "../jail.ts";
import { refuseHosts } from "../network.ts";
import { ownCommands } from "../programs.ts";
import type { Project } from "../project.ts";
import { removeTree } from "../remove_tree.ts";
import { type MergeWords, openSymbols, type Symbols } from "../semantic/symbols.ts";
import type { World } from "../session.ts";
import { linesMerged, openBySymbol } from "../settlement/by_symbol.ts";
import { conflictFindings } from "../settlement/conflict.ts";
import { reject, type Settling, settle } from "../settlement/gate.ts";
import { noteLevels } from "../settlement/gate_level.ts";
import { nobodysUnit } from "../settlement/nobodys_unit.ts";
import { semanticGate } from "../settlement/semantic.ts";
import { specGates } from "../settlement/specs.ts";
import { treeGates } from "../settlement/tree_gates.ts";
import { judgeByCommands, judgeByRules, type TreeToLand } from "../settlement/tree_to_land.ts";
import { type Answer, noteTouches, takeDown } from "./answer.ts";
import { hasRules, isQuiet, projectAt } from "./base_project.ts";
import { judgeContents } from "./contents.ts";
import type { CommitPlace } from "./place.ts";
import type { Subject } from "./subject.ts";
import { PREFLIGHT_FOLDER } from "./verdicts.ts";
import type { PreflightView } from "./view.ts";

export type Outside = Pick<World, "self" | "now_ms" | "env" | "signal">;
type Judging = { git: Git; place: CommitPlace; world: Outside; symbols: Symbols; touches: boolean };
type Judged = Answer & Pick<PreflightView, "tree" | "files" | "symbols"> & { project: Project | null };

/**
 * Asks the gates of settlement in their order, and stops at the first that does not pass.
 *
 * @throws DgovError where nothing can be judged: a bad configuration, no jail
 */
export async function judgeSubject(
  subject: Subject,
  { git, place, world, touches }: Omit<Judging, "symbols">,
): Promise<Judged> {
  const project = subject.head === null ? null : await projectAt(git, subject.head);
  const { self, now_ms } = world;
  const symbols = openSymbols({ git, self, now_ms, cache_folder: place.common_dir });
  try {
    return await judgeWith(project, subject, { git, place, world, symbols, touches });
  } finally {
    symbols.close();
  }
}

async function judgeWith(project: Project | null, subject: Subject, judging: Judging): Promise<Judged> {
  const { git, world, symbols } = judging;
  const taken = takeDown(world.now_ms, () => null);
  const { gates, notes, settling } = taken;
  const { head, before } = subject;
  const joined = await putTogether(project, subject, judging);
  const { tree, by_symbols } = joined;
  const rules = project?.rules ?? null;
  if (joined.conflicts !== null) {
    const { conflicts } = joined;
    await settle([{ name: "integration", check: async () => reject("text_conflict", conflicts) }], null, settling);
    return { gates, notes, tree, files: 0, symbols: null, project };
  }
  const { changes, stopped } = await judgeContents({ git, head, before, tree, rules }, taken);
  const touched = judging.touches ? noteTouches(await symbols.touches(before, tree, () => null), notes) : null;
  const judged = { gates, notes, tree, files: changes.length, symbols: touched, project };
  if (stopped || head === null) return judged;
  if (subject.joined && (await fits({ ...subject.joined, head, tree, by_symbols }, judging, settling))) return judged;
  if (project && !(isQuiet(project) && !(await hasRules(git, head, project))))
    await byProject({ ...subject, head, tree, changes, project }, judging, taken);
  else if (project) await byTrees({ git, project, symbols, head, tree, changes }, settling);
  return judged;
}

type Joined = NonNullable<Subject["joined"]> & { head: string; tree: string; by_symbols: MergeWords["by_symbols"] };

/** Whether two lines of work go together. @returns the verdict that stops it */
async function fits({ base, right, head, tree, by_symbols }: Joined, { git, symbols }: Judging, settling: Settling) {
  const trees = {
    base: await treeOf(git, base),
    left: await treeOf(git, head),
    right: await treeOf(git, right),
    merged: tree,
  };
  const brought = () => broughtBetween(git, base, head);
  return settle([semanticGate], { symbols, trees, words: { by_symbols, called: NAMES }, brought }, settling);
}

const NAMES = { left: "the base", right: "the work" };

/** The tree that it would be, as settlement makes it: by lines, and by symbols where the project lets it. */
async function putTogether(
  project: Project | null,
  { tree, before, head, joined }: Subject,
  { git, symbols }: Judging,
): Promise<{ tree: string; by_symbols: MergeWords["by_symbols"]; conflicts: Finding[] | null }> {
  if (tree !== null) return { tree, by_symbols: new Map(), conflicts: null };
  if (head === null || joined === null) throw new Error("Nothing is there to be put together");
  const by = openBySymbol({ git, symbols, names: NAMES });
  const integration = { base: joined.base, candidate: joined.right, head };
  const isStructural = project?.rules.structural_merge !== false;
  const merged = await integrate(git, isStructural ? { ...integration, mend: by.mend } : integration);
  if (merged.kind !== "conflict") return { tree: merged.tree, by_symbols: linesMerged(by.files), conflicts: null };
  const brought = await broughtBetween(git, joined.base, head);
  return { tree: before, by_symbols: new Map(), conflicts: conflictFindings(merged.conflicts, by.refusals, brought) };
}

type Asked = Subject & Pick<TreeToLand, "head" | "tree" | "changes" | "project">;

/** Structure and interfaces are judged without a checkout, and without a jail where nothing else needs one. */
async function byTrees(tree: Parameters<typeof treeGates>[0] & Pick<TreeToLand, "changes">, settling: Settling) {
  const gates = await treeGates(tree, settling.now_ms);
  if ((await settle(gates, tree, settling)) === null)
    await settle(specGates(tree, new Set(gates.map(({ name }) => name))), tree, settling);
}

/** The project's rules, commands and components, on a checkout of the tree in a place of the pool. */
async function byProject(subject: Asked, { git, place, world, symbols }: Judging, answer: Answer): Promise<void> {
  const { project, head, tree, changes } = subject;
  const folder = join(place.common_dir, PREFLIGHT_FOLDER, "components");
  const opened = await openJail(
    { ...withComponents(project, folder), commands: ownCommands(project, NO_TASKS) },
    world,
  );
  refuseNativeGates(opened.level, project, NO_TASKS);
  refuseHosts(opened.level, project.rules.sandbox);
  const { jail, taken } = noteLevels(opened);
  const { settling, gates, notes } = takeDown(world.now_ms, taken);
  const out = mkdtempSync(join(tmpdir(), `dgov-private-${process.pid}-`)); // so that a later run removes it
  const pool = openPool(git, { folder: poolFolder(homeOf(place), world.env), now_ms: world.now_ms });
  try {
    const components = await openComponents({ git, project, head, jail, folder });
    const asked: TreeToLand = {
      ...{ git, project, pool, jail, components, symbols, head, tree, changes, out },
      ...{ task: NOBODYS, attempt: 1, unit: unitOf(subject) },
    };
    if ((await judgeByRules(asked, settling, world.signal)) === null)
      await judgeByCommands(asked, settling, world.signal);
  } finally {
    await pool.close();
    removeTree(out);
  }
  if (world.signal.aborted)
    throw new DgovError("machine_refused", "Cannot judge: it was stopped before all gates had answered");
  answer.gates.push(...gates);
  answer.notes.push(...notes);
}

/** All worktrees of a repository use one pool. */
const homeOf = ({ root, common_dir }: CommitPlace): string =>
  basename(common_dir) === ".git" ? dirname(common_dir) : root;

const NO_TASKS = { tasks: [] };
const NOBODYS = TaskId.parse("preflight/tree.one");

const unitOf = ({ message }: Subject) =>
  nobodysUnit({ id: NOBODYS, summary: message.split("\n")[0] ?? "", commit_message: message });
