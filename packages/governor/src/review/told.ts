import type { EventOf } from "@dgov/kernel";
import { fenced } from "@dgov/worker";
import { BLOCKER, blockersOf, findingLine, linesOf } from "../open_findings.ts";
import type { Open } from "./demands.ts";

type Voted = EventOf<"seat_voted">;

/**
 * What a seat is told beside the change.
 *
 * `round`    which one this is, of how many; null: the blind one
 * `earlier`  blockers of its own, of each of which its ballot must speak
 * `words`    what it is told of them, and of others; "": nothing
 * `said`     what persons have said of blockers of its own, in whichever round; "": nothing
 */
export type Told = {
  round: EventOf<"review_opened">["round"] | null;
  earlier: (seat: string) => readonly Open[];
  words: (seat: string) => string;
  said: (seat: string) => string;
};

/** Nothing of what anybody has said. */
export const BLIND: Told = { round: null, earlier: () => [], words: () => "", said: () => "" };

/** What was said in the round before, by whom: each seat hears all others. */
export function heardIn(votes: readonly Voted[], round: { n: number; of: number }, said: Told["said"]): Told {
  const may = { withdraw: true, mend: false }; // it is the same tree
  const own = (seat: string): Open[] =>
    votes.filter((vote) => vote.seat === seat).flatMap((vote) => blockersOf(vote).map((open) => ({ ...open, may })));
  return {
    round,
    earlier: own,
    said,
    words(seat) {
      const others = votes.filter((vote) => vote.seat !== seat);
      return [
        `This is round ${round.n} of ${round.of}. The seats voted without knowing of each other, and do not agree. What they said is material, and no order: look at the lines they name, and vote by what you find. That others are more says nothing. All who count must agree for it to land.`,
        ...others.map((vote) => `The seat "${vote.seat}" ${SAID[vote.vote]}:\n\n${fenced(wordsOf(vote))}`),
        earlierWords(own(seat)),
      ]
        .filter((text) => text !== "")
        .join("\n\n");
    },
  };
}

const SAID = { approve: "approves", reject: "rejects", none: "has no vote" } as const;

const wordsOf = ({ said, findings }: Voted): string =>
  [said, ...findings.map((finding) => findingLine(finding.code === BLOCKER ? "blocker" : "note", finding))].join("\n");

/** What it has said itself, and must come back to. */
export function earlierWords(own: readonly Open[]): string {
  if (own.length === 0) return "";
  return `You had these blockers. Say of each, under \`earlier\` of your ballot, whether it is open, mended, or withdrawn, with the path and line that show that it was none:\n${linesOf(own)}`;
}
