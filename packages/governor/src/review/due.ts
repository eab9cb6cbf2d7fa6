import { type EventOf, type TaskId, taskOf } from "@dgov/kernel";
import { ignoreRule } from "../ignore.ts";
import { PROGRAM, type Review } from "../review_file.ts";
import type { Site } from "../site.ts";
import type { Reviewed } from "./question.ts";

type Of = { task: TaskId; attempt: number };

const RISKY: readonly EventOf<"integration_risk_scored">["level"][] = ["medium", "high", "critical"];

/**
 * Whether a change is reviewed where a project does not have all reviewed: it is large, its author was escalated to, it comes
 * near to what has landed meanwhile, or it is in an area of which every change is.
 *
 * @returns why it is not, in words; null: it is
 */
export function notDue(
  site: Pick<Site, "session">,
  of: Of,
  { changes }: Pick<Reviewed, "changes">,
  review: Review,
): string | null {
  const { due } = review;
  if (due === undefined || changes.length > due.over_files || needsApart({ changes }, review)) return null;
  const areas = ignoreRule(due.areas);
  if (changes.some(({ path }) => areas(path)) || taskOf(site.session.run, of.task).tier > 0) return null;
  const risks = site.session.read("integration_risk_scored", of.task);
  const level = risks.findLast(({ attempt }) => attempt === of.attempt)?.level ?? "none";
  if (RISKY.includes(level)) return null;
  const files = changes.length === 1 ? "1 file" : `${changes.length} files`;
  return `${files} of at most ${due.over_files}, no area of [review], the task's own agent, risk ${level}`;
}

/** Whether somebody who has nothing in common with the author must approve. */
export function needsApart({ changes }: Pick<Reviewed, "changes">, { apart }: Review): boolean {
  const files = ignoreRule(apart?.files ?? []);
  return changes.some(({ path }) => files(path));
}

/** Both must be known to differ: a family that nobody has stated may be the same. */
export function isApart(
  seat: { provider: string; family: string },
  author: { provider: string; model: string },
  families: Readonly<Record<string, string>>,
): boolean {
  const family = families[author.model];
  if (seat.provider === PROGRAM) return false; // whom it asks, nobody knows
  if (family === undefined || seat.provider === author.provider) return false;
  return family.trim().toLowerCase() !== seat.family.toLowerCase();
}
