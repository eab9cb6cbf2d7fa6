import type { EventOf, Finding, TaskId } from "@dgov/kernel";
import type { Events } from "./run_events.ts";

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

/** An open blocker, whose it is, and the tree and the attempt that it was found in. */
export type OpenOf = Open & { seat: string; tree: string; attempt: number };

/** What stands against a task since its reviewers rejected it; nothing where it was refused for something else since. */
export function openFindings(events: Events, task: TaskId): OpenOf[] {
  const rejected = events.read("candidate_rejected", task).at(-1);
  return rejected?.gate === "review" ? blockersAt(events, task, rejected.attempt) : [];
}

/** What seats hold against the work that they were asked about last, whatever has come of it. */
export function lastFindings(events: Events, task: TaskId): OpenOf[] {
  const opened = events.read("review_opened", task).at(-1);
  return opened === undefined ? [] : blockersAt(events, task, opened.attempt);
}

function blockersAt(events: Events, task: TaskId, attempt: number): OpenOf[] {
  const votes = events.read("seat_voted", task).filter((vote) => vote.attempt <= attempt);
  const opened = events.read("review_opened", task).findLast((one) => one.attempt === attempt);
  return (opened?.seats ?? []).flatMap(({ seat, asked, advises }) => {
    const vote = votes.findLast((one) => one.seat === seat && one.asked === asked && one.tree === opened?.tree);
    return advises || vote?.vote !== "reject" ? [] : ownOf(vote);
  });
}

const ownOf = (vote: EventOf<"seat_voted">): OpenOf[] => {
  const { seat, tree, attempt } = vote;
  return blockersOf(vote).map((open) => ({ ...open, seat, tree, attempt }));
};

/** Whether a seat has named this in a vote on this task. */
export const isNamed = (events: Events, task: TaskId, one: OpenOf): boolean =>
  events
    .read("seat_voted", task)
    .flatMap(ownOf)
    .some((own) => own.attempt === one.attempt && isOne(one, own));

/** Whether both are one blocker: of one name, seat and tree, with the same to say. */
export const isOne = (one: Omit<OpenOf, "attempt">, other: Omit<OpenOf, "attempt">): boolean =>
  one.seat === other.seat && one.id === other.id && one.tree === other.tree && isSame(one.finding, other.finding);

const isSame = (one: Finding, other: Finding): boolean =>
  one.message === other.message && one.path === other.path && one.line === other.line;
