import type { EventOf, Finding, TaskId } from "@dgov/kernel";
import type { Session } from "./session.ts";

/** What the log calls a finding that must be mended. */
export const BLOCKER = "review_blocker";

/** A blocker of a seat's own, by a name that it can be spoken of: `oak-1` is the first that the seat `oak` has named. */
export type Open = { id: string; finding: Finding };

/** The blockers of a vote, by name. */
export const blockersOf = ({ seat, findings }: Pick<EventOf<"seat_voted">, "seat" | "findings">): Open[] =>
  findings.filter(({ code }) => code === BLOCKER).map((finding, at) => ({ id: `${seat}-${at + 1}`, finding }));

/** A finding by what it is called, at its place, in a line of its own. */
export const findingLine = (name: string, { path, line, message }: Finding): string =>
  `- ${name} at ${path ?? "?"}:${line ?? "?"}: ${message}`;

/** Blockers by name, each in a line. */
export const linesOf = (open: readonly Open[]): string =>
  open.map(({ id, finding }) => findingLine(id, finding)).join("\n");

/** An open blocker, whose it is, and the tree that it was found in. */
export type OpenOf = Open & { seat: string; tree: string };

/** What stands against a task since its reviewers rejected it; nothing where it was refused for something else since. */
export function openFindings(session: Pick<Session, "read">, task: TaskId): OpenOf[] {
  const rejected = session.read("candidate_rejected", task).at(-1);
  if (rejected?.gate !== "review") return [];
  const votes = session.read("seat_voted", task).filter(({ attempt }) => attempt <= rejected.attempt);
  const opened = session.read("review_opened", task).findLast(({ attempt }) => attempt === rejected.attempt);
  return (opened?.seats ?? []).flatMap(({ seat, asked, advises }) => {
    const vote = votes.findLast((one) => one.seat === seat && one.asked === asked && one.tree === opened?.tree);
    if (advises || vote?.vote !== "reject") return [];
    return blockersOf(vote).map((open) => ({ ...open, seat, tree: vote.tree }));
  });
}
