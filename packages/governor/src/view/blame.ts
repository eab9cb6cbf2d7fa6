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

/** A landing that work does not go together with, while each passes without the other. */
export type Clash = NonNullable<EventOf<"candidate_rejected">["clash"]>;

/** Whose doing a rejection is, where the finding does not say it. @param blame absent in logs from before it was asked */
export type Whose = { blame?: Blame | undefined; clash?: Clash | undefined };

/** A sentence with whose doing it is. */
export function withBlame(sentence: string, { blame, clash }: Whose): string {
  const words = clash ? clashWords(clash) : blame === undefined ? "" : WORDS[blame];
  return words === "" ? sentence : `${sentence} (${words})`;
}

const clashWords = ({ task, commit }: Clash): string => {
  const short = commit.slice(0, 7);
  return `the work alone passes: it fails together with ${task === "" ? short : `"${task}", which landed as ${short}`}`;
};
