import type { TaskId } from "@dgov/kernel";
import { broughtBetween } from "../git/brought.ts";
import { integrate } from "../git/integrate.ts";
import { diffTrees } from "../git/tree_changes.ts";
import { treeOf } from "../git/tree_object.ts";
import type { Symbols } from "../semantic/symbols.ts";
import { linesMerged, openBySymbol } from "../settlement/by_symbol.ts";
import type { FrozenCandidate } from "../settlement/candidate.ts";
import { claimsGate } from "../settlement/claims.ts";
import { conflictFindings } from "../settlement/conflict.ts";
import { evidenceGate, type Shown } from "../settlement/evidence.ts";
import { type Gate, type Settling, settle, type Verdict } from "../settlement/gate.ts";
import { nobodysUnit } from "../settlement/nobodys_unit.ts";
import { semanticGate } from "../settlement/semantic.ts";
import { claimedIn } from "../settlement/symbol_claims.ts";
import { judgeByCommands, judgeByRules, type TreeToLand } from "../settlement/tree_to_land.ts";
import type { Answer, BadChange, Laid } from "./drill.ts";
import { frozenBy } from "./frozen_plan.ts";
import type { Scratch } from "./scratch.ts";

/** All that the gates of settlement need, in a repository that nobody else has. */
export type Range = Pick<TreeToLand, "project" | "pool" | "jail" | "components"> & {
  scratch: Scratch;
  symbols: Symbols;
  task: TaskId;
  out: string;
  now_ms: () => number;
  signal: AbortSignal;
};

/** Asks one gate of settlement about a change, as settlement does. @returns null when it passes */
export async function askGate(range: Range, gate: string, change: BadChange): Promise<Answer> {
  switch (gate) {
    case "claims":
      return byClaims(range, claimsGate, change);
    case "evidence":
      return byClaims(range, evidenceGate, change);
    case "integration":
    case "semantic":
      return byMerge(range, gate, change);
    default:
      return byProject(range, gate, change);
  }
}

/** Nobody's work, with these claims. */
export const unitFor = ({ task }: Range, claims: BadChange["claims"] = {}) =>
  nobodysUnit({ id: task, summary: "A drill", commit_message: "A change for a drill", claims });

export const settling = ({ now_ms }: Pick<Range, "now_ms">): Settling => ({
  now_ms,
  level: () => null,
  record: () => undefined,
});

export const answerOf = (verdict: Verdict | null): Answer =>
  verdict === null || verdict.verdict === "pass" ? null : { verdict: verdict.verdict, findings: verdict.findings };

/** A commit with these files laid over HEAD, or HEAD itself. */
async function based({ scratch }: Range, files: Laid | undefined): Promise<{ commit: string; tree: string }> {
  const tree = await treeOf(scratch.git, scratch.head);
  if (files === undefined) return { commit: scratch.head, tree };
  const laid = await scratch.lay(tree, files);
  return { commit: await scratch.commit(laid, scratch.head), tree: laid };
}

const NOTHING_SHOWN: Shown = { stated: [], watched: null };

/** The gates on the frozen work. */
async function byClaims(range: Range, gate: Gate<FrozenCandidate>, change: BadChange): Promise<Answer> {
  const { base, work, claims, touched = [], shown = NOTHING_SHOWN } = change;
  const { scratch, project, symbols } = range;
  const { git } = scratch;
  const from = await based(range, base);
  const tree = await scratch.lay(from.tree, work);
  const unit = unitFor(range, claims);
  const frozen = {
    ...{ git, project, unit, base: from.commit, tree, ignored: [], touched, shown },
    changes: await diffTrees(git, from.commit, tree),
    symbols: () => symbols.touches(from.tree, tree, claimedIn(unit)),
  };
  return answerOf(await settle([gate], frozen, settling(range)));
}

const NAMES = { left: "the target", right: "the drill" };

async function byMerge(range: Range, gate: string, { base, head, work }: BadChange): Promise<Answer> {
  const { scratch, symbols } = range;
  const { git } = scratch;
  const from = await based(range, base);
  const left = await scratch.lay(from.tree, head ?? {});
  const onto = await scratch.commit(left, from.commit);
  const right = await scratch.lay(from.tree, work);
  const candidate = await scratch.commit(right, from.commit);
  const by = openBySymbol({ git, symbols, names: NAMES });
  const integration = { base: from.commit, candidate, head: onto };
  const isStructural = range.project.rules.structural_merge;
  const merged = await integrate(git, isStructural ? { ...integration, mend: by.mend } : integration);
  const brought = () => broughtBetween(git, from.commit, onto);
  if (merged.kind === "conflict") {
    if (gate !== "integration") return null;
    return { verdict: "reject", findings: conflictFindings(merged.conflicts, by.refusals, await brought()) };
  }
  if (gate === "integration") return null;
  const trees = { base: from.tree, left, right, merged: merged.tree };
  const words = { by_symbols: linesMerged(by.files), called: NAMES };
  return answerOf(await settle([semanticGate], { symbols, trees, words, brought }, settling(range)));
}

/** The work of an author of tests, which the project's own command runs. */
const authorOf = (range: Range, path: string): TreeToLand["unit"] => ({
  ...unitFor(range),
  role: "test_author",
  files: { ...unitFor(range).files, create: [path], tests: [path] },
  test_cmd: range.project.commands.test,
});

/** The gates that a project brings: its scripts, its commands after their setup, its components. */
async function byProject(range: Range, gate: string, change: BadChange): Promise<Answer> {
  const { base, work, claims, frozen = [], authored } = change;
  const { scratch, project, pool, jail, components, symbols, task, out, signal } = range;
  const { git } = scratch;
  const from = await based(range, base);
  const tree = await scratch.lay(from.tree, work);
  const changes = await diffTrees(git, from.commit, tree);
  const subject: TreeToLand = {
    ...{ git, project, pool, jail, components, symbols, task, attempt: 1, out, head: from.commit, tree, changes },
    ...(frozen.length === 0 ? {} : { frozen: await frozenBy(range, from.commit, frozen) }),
    unit: authored === undefined ? unitFor(range, claims) : authorOf(range, authored),
  };
  const by_rules = await judgeByRules(subject, settling(range), signal, [gate]);
  return answerOf(by_rules ?? (await judgeByCommands(subject, settling(range), signal, ["setup", gate])));
}
