import { strict as assert } from "node:assert";
import { type Action, type Event, taskOf } from "@dgov/kernel";
import { targetHead } from "../git/land.ts";
import { landingCommit } from "../git/landing_commit.ts";
import { type Short, sayShort } from "../short_text.ts";
import type { Site } from "../site.ts";
import { attribute } from "./attribute.ts";
import { fit, type Of, type Refusal, refusalOf } from "./fit.ts";
import { type Settling, type Verdict, verdictEvent } from "./gate.ts";
import { type NotedJail, noteLevels } from "./gate_level.ts";
import { landingWords } from "./landing_words.ts";
import { judgeByCommands, type TreeToLand } from "./tree_to_land.ts";

/** Asks the reviewers of a project. `short`: the ceiling that it came to, where no verdict could be paid for. */
export type Reviewing = (
  place: { site: Site; of: Of },
  reviewed: TreeToLand,
  settling: Settling,
  signal: AbortSignal,
) => Promise<{ verdict: Verdict | null; short: Short | null }>;

/** A site whose jail notes what runs in it. `level`: see `NotedJail`. */
export type Judging = Site & { level: NotedJail["taken"] };

export function judging({ jail, ...rest }: Site): Judging {
  const noted = noteLevels(jail);
  return { ...rest, jail: noted.jail, level: noted.taken };
}

/**
 * Judges a frozen candidate: its claims against its own base, then the tree that would land, on the target's head.
 * What passes is the commit that may land, and nothing else may.
 *
 * @param review asks the project's reviewers; null: it has none
 */
export async function judge(
  plain: Site,
  { task, attempt }: Extract<Action, { do: "judge" }>,
  signal: AbortSignal,
  review: Reviewing | null = null,
): Promise<void> {
  const of: Of = { task, attempt };
  const site = judging(plain);
  const { session, git } = site;
  const head = () => targetHead(git, site.target);
  const verdicts: Verdict[] = [];
  const settling = noting(recording(site, of, signal), verdicts);
  const found = await fit(site, { of, head, settling, signal });
  const reject = (refusal: Refusal) => session.record({ kind: "candidate_rejected", ...of, ...refusal });
  if (found.did === "stopped") return;
  if (found.did === "refused") return reject(found.refusal);
  const { subject, work } = found;
  const fell = await judgeByCommands(subject, settling, signal);
  if (signal.aborted) return;
  if (fell !== null) {
    const { cause, gate, findings } = fell;
    const whose = await attribute({ subject, ...work }, fell, { settling, signal });
    if (!signal.aborted) reject({ cause, gate, findings: [...findings], ...whose });
    return;
  }
  const voted = await reviewed({ site, of, settling, signal }, review, subject);
  if (signal.aborted) return;
  const { head: on, tree } = subject;
  if (voted !== null) return session.record(voted);
  const commit = await landingCommit(git, { head: on, tree }, landingWords(site, of, verdicts, null));
  session.record({ kind: "candidate_passed", ...of, head: on, tree, commit });
}

/** Keeps verdicts for the commit that may land. */
export const noting = (settling: Settling, verdicts: Verdict[]): Settling => ({
  ...settling,
  record(verdict) {
    verdicts.push(verdict);
    settling.record(verdict);
  },
});

type Asking = { site: Judging; of: Of; settling: Settling; signal: AbortSignal };

/**
 * The last gate, for it costs the most. Where its seats cannot be paid for, the attempt has come to that ceiling.
 *
 * @returns what became of the attempt, or null when nothing is said against it
 */
async function reviewed(
  { site, of, settling, signal }: Asking,
  review: Reviewing | null,
  subject: TreeToLand,
): Promise<Event | null> {
  if (!isReviewed(site, subject)) return null;
  assert(review, "A review is asked for, and nobody was given who could");
  const { verdict, short } = await review({ site, of }, subject, settling, signal);
  const kept = taskOf(site.session.run, of.task).work?.kept ?? null;
  if (short !== null) {
    const detail = sayShort(short, site.project.limits.budget.currency);
    return { kind: "attempt_failed", ...of, cause: "budget", detail, kept, short };
  }
  return verdict && { kind: "candidate_rejected", ...of, ...refusalOf(verdict, "task") };
}

/** Whether anybody looks at it, be it its own author. */
export const isReviewed = ({ project }: Pick<Site, "project">, { unit }: Pick<TreeToLand, "unit">): boolean =>
  project.rules.review !== null || unit.review.self_review;

/**
 * Keeps what gates say. What a gate says while the run is being stopped says nothing: its processes were ended under it, and
 * the next run asks again.
 */
const recording = ({ session, world, level }: Judging, of: Of, signal: AbortSignal): Settling => ({
  now_ms: world.now_ms,
  level,
  record: (verdict: Verdict) => {
    if (!signal.aborted) session.record(verdictEvent(of, verdict));
  },
});
