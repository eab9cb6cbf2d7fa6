import type { Limits } from "./order.ts";

/** Turns at the end in which only the ending tool is of use. */
export const LAST_TURNS = 2;

export const nudge = (ending: string): string =>
  `You wrote text but called no tool, so nothing happened. Go on with a tool call. When the work is finished, or you cannot go on, call \`${ending}\`: only that ends the task.`;

export const cutOff = (ending: string): string =>
  `Your reply reached the output limit and was cut off. Go on from there in smaller steps: call one tool at a time. When the work is finished, call \`${ending}\`.`;

export const cutCall =
  "Not run: your reply reached the output limit, so this call may be cut off. Send it again with less in it.";

export const afterEnding = (ending: string): string =>
  `Not run: it came after \`${ending}\` in the same turn. Call it again if you still need it.`;

/** What the model must hear about its limits before `turn` (from 1), or null. Each thing is said once. */
export function budgetNote(turn: number, { turns, warn_at, counted }: Limits, ending: string): string | null {
  const left = turns - turn + 1;
  const noun = counted === "calls" ? "call" : "turn";
  const first_last = Math.max(1, turns - LAST_TURNS + 1);
  if (turn === first_last)
    return `Only ${left === 1 ? `this ${noun} is` : `${left} ${noun}s are`} left. Call \`${ending}\` now, and say truthfully how far the work came: with outcome "incomplete" if it is not finished or its check does not pass.`;
  if (turn === warn_at && turn < first_last)
    return `${turn - 1} of ${turns} ${noun}s are used. Stop exploring: finish the edits that count, verify them, then call \`${ending}\`.`;
  return null;
}
