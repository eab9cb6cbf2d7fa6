import { join } from "node:path";
import { type EventOf, taskOf } from "@dgov/kernel";
import type { Touches } from "@dgov/semantic/touches";
import { broughtBetween } from "../git/brought.ts";
import { type Conflict, integrate } from "../git/integrate.ts";
import { type Change, diffTrees } from "../git/tree_changes.ts";
import { treeOf } from "../git/tree_object.ts";
import { outOf } from "../root.ts";
import type { MergeWords } from "../semantic/symbols.ts";
import { type Site, unitOf } from "../site.ts";
import { type BySymbol, decidedIn, linesMerged, openBySymbol } from "./by_symbol.ts";
import type { FrozenCandidate } from "./candidate.ts";
import { claimsGate } from "./claims.ts";
import { conflictFindings } from "./conflict.ts";
import { episodeOf } from "./episode.ts";
import { asksEvidence, evidenceGate, type Shown } from "./evidence.ts";
import { pendingTests } from "./frozen.ts";
import { type Settling, settle, type Verdict } from "./gate.ts";
import { riskOf } from "./risk.ts";
import { semanticGate } from "./semantic.ts";
import { claimedIn } from "./symbol_claims.ts";
import { judgeByRules, type TreeToLand } from "./tree_to_land.ts";

/** An attempt whose frozen work is judged. */
export type Of = Pick<EventOf<"gate_judged">, "task" | "attempt">;

/** A rejection, but for whose it is. */
export type Refusal = Pick<EventOf<"candidate_rejected">, "cause" | "gate" | "findings" | "blame">;

/**
 * What frozen work is on top of a commit, as far as that can be said without a checkout: the tree that would land, or why
 * it may not. `stopped`: the signal came.
 */
export type Fit =
  | { did: "fits"; subject: TreeToLand; work: Frozen }
  | { did: "refused"; refusal: Refusal }
  | { did: "stopped" };

/** The frozen work: `tree` on the commit `base`, and the commit that keeps it. */
export type Frozen = { base: string; tree: string; commit: string };

/**
 * `head`: what the work is to be put on, asked when its own claims have passed.
 */
export type Fitting = {
  of: Of;
  head: () => Promise<string>;
  settling: Settling;
  signal: AbortSignal;
};

/** Judges frozen work by its claims against its own base, and then, on top of another commit, by symbols and by rules. */
export async function fit(site: Site, { of, head: headNow, settling, signal }: Fitting): Promise<Fit> {
  const { git } = site;
  const work = frozenOf(site, of);
  const { base, tree } = work;
  const frozen = await frozenCandidate(site, of, work);
  await recordEpisode(site, of, frozen, signal);
  const own = asksEvidence(site.project) ? [claimsGate, evidenceGate] : [claimsGate];
  const unclaimed = await settle(own, frozen, settling);
  if (signal.aborted) return STOPPED;
  if (unclaimed) return refusedBy(unclaimed, "task");
  const head = await headNow();
  const names = { left: site.target.replace(/^refs\/heads\//, ""), right: `task "${of.task}"` };
  await recordRisk(site, of, { base, head, tree }, signal);
  const by = openBySymbol({ ...site, names });
  const { mend } = by;
  const integration = { base, candidate: work.commit, head };
  const merged = await integrate(git, site.project.rules.structural_merge ? { ...integration, mend } : integration);
  if (merged.kind === "conflict") {
    const refusal = await conflictOf(site, { base, head, conflicts: merged.conflicts, refusals: by.refusals });
    return signal.aborted ? STOPPED : { did: "refused", refusal };
  }
  if (merged.kind === "clean" && merged.mended.length > 0)
    site.session.record({ kind: "merged_by_symbol", ...of, head, tree: merged.tree, files: decidedIn(by.files) });
  const changes = await diffTrees(git, head, merged.tree);
  const integrated = { head, tree: merged.tree, changes };
  const symbols = { base, right: tree, words: { by_symbols: linesMerged(by.files), called: names } };
  const unit = unitOf(site, of.task);
  const pending = pendingTests(site, [of.task]);
  const subject: TreeToLand = { ...site, ...of, ...integrated, unit, pending, out: join(site.out, outOf(of)) };
  const clash = await judgeSymbols(site, { ...integrated, ...symbols }, settling);
  if (signal.aborted) return STOPPED;
  if (clash) return refusedBy(clash, "integration");
  const against = await judgeByRules(subject, settling, signal);
  if (signal.aborted) return STOPPED;
  if (against) return refusedBy(against, "task");
  return { did: "fits", subject, work };
}

/**
 * Reads what settlement will ask first, and what hangs on no head: what the work did to symbols. What was found out is in the
 * cache of symbols, and at hand.
 */
export async function lookAhead({ git, symbols, plan, session }: Site, of: Of): Promise<void> {
  const { base, tree } = frozenOf({ session }, of);
  await symbols.touches(await treeOf(git, base), tree, claimedIn(unitOf({ plan }, of.task)));
}

const STOPPED: Fit = { did: "stopped" };

const refusedBy = (verdict: Verdict, blame: Blame): Fit => ({ did: "refused", refusal: refusalOf(verdict, blame) });

type Blame = NonNullable<Refusal["blame"]>;

/** A gate that could not answer has blamed nobody. */
export function refusalOf({ verdict, cause, gate, findings }: Verdict, blame: Blame): Refusal {
  return { cause, gate, findings: [...findings], blame: verdict === "broken" ? "unknown" : blame };
}

/** What an attempt at this task has frozen. */
function frozenOf({ session }: Pick<Site, "session">, { task }: Of): Frozen {
  const { work } = taskOf(session.run, task);
  if (!work?.candidate) throw new Error(`Nothing of "${task}" was frozen`);
  return { base: work.base, ...work.candidate };
}

/** What a person or a gate may want to know of the frozen work. */
async function frozenCandidate(site: Site, of: Of, { base, tree, commit }: Frozen): Promise<FrozenCandidate> {
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
  const seen = { changes, ignored: site.leftOut.get(commit) ?? [], touched, shown: shownOf(site, of) };
  return { git, project, unit, base, tree, ...seen, symbols };
}

/** What the log says of how an attempt came to its work. */
function shownOf({ session }: Pick<Site, "session">, { task, attempt }: Of): Shown {
  const [stated, watched] = [session.read("checks_stated", task), session.read("tests_watched", task)];
  return {
    stated: stated.findLast((event) => event.attempt === attempt)?.checks ?? [],
    watched: watched.findLast((event) => event.attempt === attempt) ?? null,
  };
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
async function conflictOf({ git }: Site, { base, head, conflicts, refusals }: Conflicting): Promise<Refusal> {
  const findings = conflictFindings(conflicts, refusals, await broughtBetween(git, base, head));
  return { cause: "text_conflict", gate: "integration", blame: "integration", findings };
}

type Merging = Integrated & { base: string; right: string; words: MergeWords };

/** Asks whether the work and what has landed meanwhile still fit together. Nothing has landed: there is nothing to ask. */
async function judgeSymbols(
  { git, symbols }: Site,
  { base, right, head, tree, words }: Merging,
  settling: Settling,
): Promise<Verdict | null> {
  if (base === head) return null;
  const [before, left] = await Promise.all([treeOf(git, base), treeOf(git, head)]);
  if (left === tree) return null; // all of it is there already
  const trees = { base: before, left, right, merged: tree };
  const brought = () => broughtBetween(git, base, head);
  return await settle([semanticGate], { symbols, trees, words, brought }, settling);
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

type Integrated = { head: string; tree: string; changes: readonly Change[] };
