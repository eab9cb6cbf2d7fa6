import type { EventOf } from "./event.ts";

type Opened = Pick<EventOf<"review_opened">, "tree" | "approvals" | "seats">;
type Voted = EventOf<"seat_voted">;

/** Seats by what became of them. `missing`: nobody knows what they would have said. */
export type Count = {
  verdict: "pass" | "reject" | "broken";
  approving: readonly Voted[];
  rejecting: readonly Voted[];
  missing: readonly (Opened["seats"][number] & { why: Voted["why"] })[];
};

/** What a seat has said to the very question that is asked here, or null. A vote on another tree answers another one. */
export function voteOf(
  { tree }: Pick<Opened, "tree">,
  { seat, asked }: Pick<Voted, "seat" | "asked">,
  votes: readonly Voted[],
): Voted | null {
  return votes.findLast((vote) => vote.seat === seat && vote.asked === asked && vote.tree === tree) ?? null;
}

/**
 * What the votes come to. Enough approvals pass; where those that are missing could no longer make it enough, the change is
 * rejected; else nobody can say, for a seat without a vote has approved nothing.
 */
export function countVotes(opened: Opened, votes: readonly Voted[]): Count {
  const told = opened.seats.map((seat) => ({ seat, vote: voteOf(opened, seat, votes) }));
  const by = (said: Voted["vote"]) => told.flatMap(({ vote }) => (vote?.vote === said ? [vote] : []));
  const approving = by("approve");
  const rejecting = by("reject");
  const missing = told.flatMap(({ seat, vote }) =>
    vote === null || vote.vote === "none" ? [{ ...seat, why: vote?.why ?? null }] : [],
  );
  const may_approve = opened.seats.length - rejecting.length;
  const verdict = approving.length >= opened.approvals ? "pass" : may_approve < opened.approvals ? "reject" : "broken";
  return { verdict, approving, rejecting, missing };
}
