import type { EventOf } from "@dgov/kernel";
import type { WeighedCheck } from "@dgov/kernel/stated";

/** A statement of a worker, and what it is worth: `tests passed (unverified: no run of it)`. */
export function sayStated({ check, command, outcome, standing, why, call }: WeighedCheck): string {
  const what = check === "command" ? `"${command}"` : check;
  const by = call === null ? "" : `, call ${call}`;
  return `${what} ${outcome} (${standing}${why === null ? by : `: ${WHY[why]}${by}`})`;
}

const WHY: Readonly<Record<NonNullable<WeighedCheck["why"]>, string>> = {
  no_run: "no run of it",
  partial: "it ran on a part alone",
  unknown_input: "what it ran on is not in the log",
  changed: "something was written, or a command run, since",
  mended: "the work was formatted or fixed since",
};

/** Whether a task's tests were seen to fail before its work began, as what follows "its tests". */
export function sayWatched({ verdict, why, call }: Pick<EventOf<"tests_watched">, "verdict" | "why" | "call">): string {
  const seen = why === null ? "" : `: before the first change ${SEEN[why]}`;
  if (verdict === "watched")
    return `were seen to fail before the first change (attempt ${call?.attempt}, call ${call?.n})`;
  if (verdict === "edited_first") return `were not seen to fail before the first change${seen}`;
  if (verdict === "never_ran") return `were never run${seen}`;
  return `may have been seen to fail, but not all that its worker called is known${seen}`;
}

const SEEN: Readonly<Record<NonNullable<EventOf<"tests_watched">["why"]>, string>> = {
  green: "they passed",
  partial: "a part of them ran",
  no_exit: "they came to no verdict",
};
