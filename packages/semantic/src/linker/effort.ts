/** What something may cost: steps are counted and not timed, so that the same texts have the same answer everywhere. */
export type Effort = {
  /** @throws TooMuch when more was spent than there is */
  spend(steps: number): void;
};

/** Why nothing is said of what would take too long; as a clause. */
export class TooMuch extends Error {
  override name = "TooMuch";
}

/** For whoever asks few questions. */
export const UNLIMITED: Effort = { spend: () => {} };

export function limitedTo(most: number): Effort {
  let left = most;
  return {
    spend(steps) {
      left -= steps;
      if (left < 0) throw new TooMuch(`to judge it takes more than ${most} steps`);
    },
  };
}
