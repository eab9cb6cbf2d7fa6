import { strict as assert } from "node:assert";
import { join } from "node:path";
import { type Action, type EventOf, taskOf } from "@dgov/kernel";
import type { Touches } from "@dgov/semantic/touches";
import { ANCHOR } from "../git/anchors.ts";
import { broughtBetween } from "../git/brought.ts";
import { type Conflict, integrate } from "../git/integrate.ts";
import { targetHead } from "../git/land.ts";
import { type Change, diffTrees } from "../git/tree_changes.ts";
import { treeOf } from "../git/tree_object.ts";
import { outOf } from "../root.ts";
import type { MergeWords } from "../semantic/symbols.ts";
import { type Short, sayShort } from "../short_text.ts";
import { type Site, unitOf } from "../site.ts";
import { type Attribute, attributing, blaming } from "./attribute.ts";
import { type BySymbol, decidedIn, linesMerged, openBySymbol } from "./by_symbol.ts";
import type { FrozenCandidate } from "./candidate.ts";
import { claimsGate } from "./claims.ts";
import { conflictFindings } from "./conflict.ts";
import { episodeOf } from "./episode.ts";
import { type Settling, settle, type Verdict, verdictEvent } from "./gate.ts";
import { type NotedJail, noteLevels } from "./gate_level.ts";
import { riskOf } from "./risk.ts";
import { semanticGate } from "./semantic.ts";
import { claimedIn } from "./symbol_claims.ts";
import { judgeByCommands, judgeByRules, type TreeToLand } from "./tree_to_land.ts";

type Of = Pick<EventOf<"gate_judged">, "task" | "attempt">;

/** Asks the reviewers of a project. `short`: the ceiling that it came to, where no verdict could be paid for. */
export type Reviewing = (
  place: { site: Site; of: Of },
  reviewed: TreeToLand,
  settling: Settling,
  signal: AbortSignal,
) => Promise<{ verdict: Verdict | null; short: Short | null }>;

/** A site whose jail notes what runs in it. `level`: see `NotedJail`. */
type Judging = Site & { level: NotedJail["taken"] };

/**
 * Judges a frozen candidate: its claims against its own base, then the tree that would land, on the target's head.
 * What passes is the commit that may land, and nothing else may.
 *
 * @param review asks the project's reviewers; null: it has none
 */
export async function judge(
  { jail, ...rest }: Site,
  { task, attempt }: Extract<Action, { do: "judge" }>,
  signal: AbortSignal,
  review: Reviewing | null = null,
): Promise<void> {
  const of: Of = { task, attempt };
  const noted = noteLevels(jail);
  const site: Judging = { ...rest, jail: noted.jail, level: noted.taken };
  const { session, git } = site;
  const { work } = taskOf(session.run, task);
  if (!work?.candidate) throw new Error(`Nothing of "${task}" was frozen`);
  const { base } = work;
  const stops = (gates: Promise<Verdict | null>, whose: Attribute) => stopped({ site, of, signal }, gates, whose);
  const { tree, commit } = work.candidate;
  const frozen = await frozenCandidate(site, of, { base, tree, commit });
  await recordEpisode(site, of, frozen, signal);
  if (await stops(settle([claimsGate], frozen, recorder(site, of, signal)), blaming("task"))) return;
  const head = await targetHead(git, site.target);
  const names = { left: site.target.replace(/^refs\/heads\//, ""), right: `task "${task}"` };
  await recordRisk(site, of, { base, head, tree }, signal);
  const by = openBySymbol({ ...site, names });
  const { mend } = by;
  const integration = { base, candidate: commit, head, ...landingOf(site, of) };
  const merged = await integrate(git, site.project.rules.structural_merge ? { ...integration, mend } : integration);
  if (merged.kind === "conflict") {
    session.record(await conflictEvent(site, of, { base, head, conflicts: merged.conflicts, refusals: by.refusals }));
    return;
  }
  if (merged.kind === "clean" && merged.mended.length > 0)
    session.record({ kind: "merged_by_symbol", ...of, head, tree: merged.tree, files: decidedIn(by.files) });
  const landing = merged.kind === "already" ? await emptyLanding(site, of, head) : merged;
  const changes = await diffTrees(git, head, landing.tree);
  const integrated = { head, tree: landing.tree, changes };
  const merge = { base, right: tree, words: { by_symbols: linesMerged(by.files), called: names } };
  if (await stops(judgeSymbols(site, of, { ...integrated, ...merge }, signal), blaming("integration"))) return;
  const told = recorder(site, of, signal);
  const unit = unitOf(site, of.task);
  const subject: TreeToLand = { ...site, ...of, ...integrated, unit, out: join(site.out, outOf(of)) };
  if (await stops(judgeByRules(subject, told, signal), blaming("task"))) return;
  const whose = attributing({ subject, base, work: tree }, told, signal);
  if (await stops(judgeByCommands(subject, told, signal), whose)) return;
  if (await isStoppedByReview({ site, of, signal }, review, { subject, told })) return;
  session.record({ kind: "candidate_passed", ...of, head, tree: landing.tree, commit: landing.commit });
}

/** The last gate, for it costs the most. Where its seats cannot be paid for, the attempt has come to that ceiling. */
async function isStoppedByReview(
  { site, of, signal }: Stopping,
  review: Reviewing | null,
  judging: { subject: TreeToLand; told: Settling },
): Promise<boolean> {
  if (site.project.rules.review === null) return false;
  assert(review, "A review is asked for, and nobody was given who could");
  const { verdict, short } = await review({ site, of }, judging.subject, judging.told, signal);
  const kept = taskOf(site.session.run, of.task).work?.kept ?? null;
  if (short === null || signal.aborted)
    return await stopped({ site, of, signal }, Promise.resolve(verdict), blaming("task"));
  const detail = sayShort(short, site.project.limits.budget.currency);
  site.session.record({ kind: "attempt_failed", ...of, cause: "budget", detail, kept, short });
  return true;
}

/** The words and the date of the commit that would land. */
function landingOf({ plan, session, world }: Site, { task, attempt }: Of) {
  const { seq, hash } = session.tip;
  const trailers = { "Dgov-Run": session.id, "Dgov-Task": task, "Dgov-Attempt": attempt, [ANCHOR]: `${seq}:${hash}` };
  return { message: unitOf({ plan }, task).commit_message, trailers, at_ms: world.now_ms() };
}

/** Somebody else has landed the same: the branch gets a commit that says so and changes nothing. */
async function emptyLanding(site: Site, of: Of, head: string): Promise<{ tree: string; commit: string }> {
  const { git } = site;
  const { message, trailers, at_ms } = landingOf(site, of);
  const tree = await treeOf(git, head);
  const lines = Object.entries(trailers).map(([key, value]) => `${key}: ${value}\n`);
  const stdin = `${message.trim()}\n\n${lines.join("")}`;
  return { tree, commit: await git.text(["commit-tree", tree, "-p", head], { stdin, at_ms }) };
}

/** What a person or a gate may want to know of the frozen work. */
async function frozenCandidate(
  site: Site,
  of: Of,
  { base, tree, commit }: { base: string; tree: string; commit: string },
): Promise<FrozenCandidate> {
  const { git, project, plan, session } = site;
  const touched = session
    .read("tool_called", of.task)
    .filter((event) => event.attempt === of.attempt && event.seat === undefined)
    // What was refused did not happen, and what the isolation put back is as if it had not.
    .flatMap((event) => (event.refused_by === null ? event.touched : []));
  const changes = await diffTrees(git, base, tree);
  const unit = unitOf({ plan }, of.task);
  const asked: { touches: Promise<Touches> | null } = { touches: null };
  const symbols = () => {
    asked.touches ??= treeOf(git, base).then((from) => site.symbols.touches(from, tree, claimedIn(unit)));
    return asked.touches;
  };
  return { git, project, unit, base, tree, changes, ignored: site.leftOut.get(commit) ?? [], touched, symbols };
}

/** Writes down once what an attempt did, whatever becomes of it. */
async function recordEpisode(
  { session, git, symbols }: Site,
  of: Of,
  frozen: FrozenCandidate,
  signal: AbortSignal,
): Promise<void> {
  if (session.read("symbols_touched", of.task).some(({ attempt }) => attempt === of.attempt)) return;
  const paths = frozen.changes.map(({ path }) => path);
  const work = { base: await treeOf(git, frozen.base), tree: frozen.tree, paths, touches: frozen.symbols() };
  const episode = await episodeOf(symbols, of, work);
  if (!signal.aborted) session.record(episode);
}

type Conflicting = {
  base: string;
  head: string;
  conflicts: readonly Conflict[];
  refusals: BySymbol["refusals"];
};

/** What git and the merge by symbols could not put together. */
async function conflictEvent({ git }: Site, of: Of, { base, head, conflicts, refusals }: Conflicting) {
  const findings = conflictFindings(conflicts, refusals, await broughtBetween(git, base, head));
  const cause = { cause: "text_conflict", gate: "integration", blame: "integration" } as const;
  return { kind: "candidate_rejected", ...of, ...cause, findings } as const;
}

type Merging = Integrated & { base: string; right: string; words: MergeWords };

/** Asks whether the work and what has landed meanwhile still fit together. Nothing has landed: there is nothing to ask. */
async function judgeSymbols(
  site: Judging,
  of: Of,
  { base, right, head, tree, words }: Merging,
  signal: AbortSignal,
): Promise<Verdict | null> {
  if (base === head) return null;
  const { git, symbols } = site;
  const [before, left] = await Promise.all([treeOf(git, base), treeOf(git, head)]);
  if (left === tree) return null; // all of it is there already
  const trees = { base: before, left, right, merged: tree };
  const brought = () => broughtBetween(git, base, head);
  return await settle([semanticGate], { symbols, trees, words, brought }, recorder(site, of, signal));
}

/** Writes down once for each head how near the work is to what has landed since its base. */
async function recordRisk(
  { session, git, symbols }: Site,
  of: Of,
  { base, head, tree }: { base: string; head: string; tree: string },
  signal: AbortSignal,
): Promise<void> {
  const scored = session.read("integration_risk_scored", of.task);
  if (base === head || scored.some((event) => event.attempt === of.attempt && event.head === head)) return;
  const trees = { base: await treeOf(git, base), left: await treeOf(git, head), right: tree };
  const risk = await riskOf(symbols, of, { trees, head, brought: () => broughtBetween(git, base, head) });
  if (risk !== null && !signal.aborted) session.record(risk);
}

type Stopping = { site: Site; of: Of; signal: AbortSignal };
type Integrated = { head: string; tree: string; changes: readonly Change[] };

const recorder = ({ session, world, level }: Judging, of: Of, signal: AbortSignal) => ({
  now_ms: world.now_ms,
  level,
  record: (verdict: Verdict) => {
    if (!signal.aborted) session.record(verdictEvent(of, verdict));
  },
});

/**
 * Runs gates and records a rejection. What a gate says while the run is being stopped says nothing: its processes were
 * ended under it, and the next run asks again.
 *
 * @returns whether the task is no longer being judged here
 */
async function stopped(
  { site, of, signal }: Stopping,
  gates: Promise<Verdict | null>,
  whose: Attribute,
): Promise<boolean> {
  const verdict = await gates;
  if (signal.aborted) return true;
  if (verdict === null) return false;
  const blame = await whose(verdict);
  if (signal.aborted) return true;
  const { cause, gate, findings } = verdict;
  site.session.record({ kind: "candidate_rejected", ...of, cause, gate, findings: [...findings], blame });
  return true;
}
