import { startClock } from "./clock.ts";
import { endingOf } from "./loop.ts";
import type { ToolSpec } from "./model.ts";
import { budgetNote } from "./notes.ts";
import type { Order, Outcome, Outside, ToolResult } from "./order.ts";

/**
 * The tools of one attempt, for somebody who is asked for nothing and calls when they like.
 *
 * `call`  makes a call when those before it have ended; null: the attempt was over before it was answered
 */
export type Hand = {
  readonly specs: readonly ToolSpec[];
  call(tool: string, input: string): Promise<ToolResult | null>;
};

/**
 * The attempt of somebody whose model is not ours: they call, and it ends as a model's does, by its ending call or at a
 * limit. Nobody sees which of their calls are of one reply, so each counts as a turn.
 *
 * @param lend is given the tools at once; it must not wait for the attempt's end
 * @throws what `tools` throws, as the loop does
 */
export async function workByHand(
  { limits, ending }: Order,
  { tools, now_ms, signal }: Pick<Outside, "tools" | "now_ms" | "signal">,
  lend: (hand: Hand) => void,
): Promise<Outcome> {
  const clock = startClock(limits.time_ms, { now_ms, signal });
  const ended = Promise.withResolvers<Outcome>();
  const state = { calls: 0, over: false, turn: Promise.resolve<unknown>(null) };
  const end = (outcome: Outcome) => {
    state.over = true;
    ended.resolve(outcome);
  };
  const make = async (tool: string, input: string): Promise<ToolResult | null> => {
    if (state.over || clock.over()) return null;
    const n = ++state.calls;
    const note = budgetNote(n, limits, ending);
    const result = await clock.within(tools.call({ id: String(n), tool, input }));
    if (result === "over") return null;
    if (result.ended) end(endingOf(result.ended));
    else if (n >= limits.turns) end({ ended: "turns", turns: limits.turns });
    return note === null ? result : { ...result, text: `${result.text}\n\n${note}` };
  };
  const fail = (error: unknown) => {
    state.over = true;
    ended.reject(error);
    return null;
  };
  try {
    lend({
      specs: tools.specs,
      call(tool, input) {
        const made = state.turn.then(() => make(tool, input)).catch(fail);
        state.turn = made;
        return made;
      },
    });
    const outcome = await clock.within(ended.promise);
    return outcome === "over" ? clock.ending() : outcome;
  } finally {
    state.over = true;
    clock.stop();
  }
}
