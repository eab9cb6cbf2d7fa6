import type { EventOf } from "@dgov/kernel";

/** Whose doing a rejection is: see the event. */
export type Blame = NonNullable<EventOf<"candidate_rejected">["blame"]>;

/** Whose doing a rejection is, as what follows the finding. "": the finding says it, or nothing is known. */
const WORDS: Readonly<Record<Blame, string>> = {
  task: "",
  integration: "the work alone passes: it fails together with what has landed since it began",
  base: "the target's head fails it too, without this work",
  environment: "it cannot be asked of the target's head either: something is missing here, or in the project's setup",
  unknown: "",
};

/** A sentence with whose doing it is. @param blame absent in logs from before it was asked */
export function withBlame(sentence: string, blame: Blame | undefined): string {
  const words = blame === undefined ? "" : WORDS[blame];
  return words === "" ? sentence : `${sentence} (${words})`;
}
