import type { EventOf } from "./event.ts";

type Opened = Pick<EventOf<"review_opened">, "tree" | "approvals" | "seats" | "apart" | "units">;
type Voted = EventOf<"seat_voted">;

/**
 * Seats that count, by what became of them. `missing`: nobody knows what they would have said. `advice`: what the others have
 * said, which decides nothing. `no_decider`: somebody apart from the author must approve, and nobody who sits there is.
 */
export type Count = {
  verdict: "pass" | "reject" | "broken";
  approving: readonly Voted[];
  rejecting: readonly Voted[];
  missing: readonly (Opened["seats"][number] & { why: Voted["why"] })[];
  advice: readonly Voted[];
  no_decider: boolean;
};

/** What a seat has said to the very question that is asked here, or null. A vote on another tree answers another one. */
export function voteOf(
  { tree }: Pick<Opened, "tree">,
  { seat, asked }: Pick<Voted, "seat" | "asked">,
  votes: readonly Voted[],
): Voted | null {
  return votes.findLast((vote) => vote.seat === seat && vote.asked === asked && vote.tree === tree) ?? null;
}

/** Who approves has found each unit complete: an approval that leaves one open, or says nothing of it, is no vote. */
function whole({ units = [] }: Pick<Opened, "units">, vote: Voted | null): Voted | null {
  if (vote?.vote !== "approve") return vote;
  const complete = new Set(vote.units?.flatMap(({ unit, state }) => (state === "complete" ? [unit] : [])));
  return units.every(({ unit }) => complete.has(unit)) ? vote : { ...vote, vote: "none", why: "malformed" };
}

/**
 * What the votes come to. Enough approvals pass; where those that are missing could no longer make it enough, the change is
 * rejected; else nobody can say, for a seat without a vote has approved nothing.
 */
export function countVotes(opened: Opened, votes: readonly Voted[]): Count {
  const told = opened.seats.map((seat) => ({ seat, vote: voteOf(opened, seat, votes) }));
  const counting = told.filter(({ seat }) => !seat.advises).map((one) => ({ ...one, vote: whole(opened, one.vote) }));
  const by = (said: Voted["vote"]) =>
    counting.flatMap((one) => (one.vote?.vote === said ? [{ ...one, vote: one.vote }] : []));
  const [approving, rejecting] = [by("approve"), by("reject")];
  const missing = counting.flatMap(({ seat, vote }) =>
    vote === null || vote.vote === "none" ? [{ ...seat, why: vote?.why ?? null }] : [],
  );
  const deciders = counting.filter(({ seat }) => !opened.apart || seat.apart);
  const isDecided = (some: readonly Pick<(typeof counting)[number], "seat">[]) =>
    some.some(({ seat }) => deciders.some((one) => one.seat === seat)) || !opened.apart;
  const no_decider = deciders.length === 0 && opened.apart === true;
  const left = counting.filter((one) => !rejecting.some(({ seat }) => seat === one.seat));
  const enough = (some: readonly Pick<(typeof counting)[number], "seat">[]) =>
    some.length >= opened.approvals && isDecided(some);
  const verdict = enough(approving) ? "pass" : enough(left) || no_decider ? "broken" : "reject";
  return {
    ...{ verdict, missing, no_decider },
    approving: approving.map(({ vote }) => vote),
    rejecting: rejecting.map(({ vote }) => vote),
    advice: told.flatMap(({ seat, vote }) => (seat.advises && vote !== null ? [vote] : [])),
  };
}
