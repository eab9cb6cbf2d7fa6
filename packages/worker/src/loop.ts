import { type Clock, startClock } from "./clock.ts";
import { CONTEXT_CHARS, compact, estimateTokens, squeeze } from "./history.ts";
import type { Call, Message, ProviderFailure, Reply, Tokens } from "./model.ts";
import { afterEnding, budgetNote, cutCall, cutOff, LAST_TURNS, nudge } from "./notes.ts";
import type { Order, Outcome, Outside, ToolResult } from "./order.ts";
import { bytesOf, firstSize, mostInput, type Size } from "./size.ts";

const IDLE_TURNS = 3;

/**
 * What one attempt has said so far. `widest`: the most output tokens of a call, as a forecast of the next one's.
 * `size`: see `Size`; it grows also where the history is made shorter.
 */
type Talk = { history: readonly Message[]; calls: number; widest: number; size: Size };

/**
 * The whole of an agent: ask, act, repeat, within limits. Roles differ in their order, never in this loop.
 * It does not throw for anything that the model or the provider did. What `tools` throws is the caller's own and goes through.
 */
export async function work(order: Order, outside: Outside): Promise<Outcome> {
  const clock = startClock(order.limits.time_ms, outside);
  try {
    return await converse(order, outside, clock);
  } finally {
    clock.stop();
  }
}

async function converse(order: Order, outside: Outside, clock: Clock): Promise<Outcome> {
  const { limits, ending } = order;
  const talk: Talk = { history: [...order.messages], calls: 0, widest: 0, size: firstSize(order, outside) };
  let idle = 0;
  for (let turn = 1; turn <= limits.turns; turn++) {
    const note = budgetNote(turn, limits, ending);
    if (note !== null) hear(talk, { role: "user", text: note });
    talk.history = compact(talk.history, limits.context_chars ?? CONTEXT_CHARS);

    const must_call = turn > limits.turns - LAST_TURNS ? ending : null;
    const reply = await askWithin(talk, must_call, { outside, clock });
    if ("ended" in reply) return reply;
    hear(talk, { role: "assistant", text: reply.text, calls: reply.calls });

    idle = reply.calls.length === 0 ? idle + 1 : 0;
    if (idle === IDLE_TURNS) return { ended: "stuck", after_turns: turn };
    if (idle > 0) hear(talk, { role: "user", text: reply.finish === "length" ? cutOff(ending) : nudge(ending) });
    const outcome = await act(reply, { ending, talk, outside, clock });
    if (outcome) return outcome;
  }
  return { ended: "turns", turns: limits.turns };
}

type Around = { outside: Outside; clock: Clock };

/** Asks, and asks once more with a shorter history when that may be what the provider refused. */
async function askWithin(talk: Talk, must_call: string | null, around: Around): Promise<Reply | Outcome> {
  const reply = await ask(talk, { must_call, again: false }, around);
  if (!("ended" in reply) || reply.ended !== "provider") return reply;
  // Many servers say "too long" as a plain bad request, without a code of its own.
  if (reply.cause !== "context_length" && reply.cause !== "bad_request") return reply;
  const shorter = squeeze(talk.history);
  if (shorter === talk.history) return reply;
  talk.history = shorter;
  return ask(talk, { must_call, again: true }, around);
}

type Asking = { must_call: string | null; again: boolean };

/** One call: reserved before it is sent, settled whatever became of it. */
async function ask(talk: Talk, { must_call, again }: Asking, { outside, clock }: Around): Promise<Reply | Outcome> {
  const { model, tools, meter, now_ms } = outside;
  const over = clock.over();
  if (over) return over;
  const call = ++talk.calls;
  const { signal } = clock;
  const forecast = { input: mostInput(talk.size), output: talk.widest, again };
  const grant = await clock.within(meter.reserve(call, forecast, signal));
  if (grant === "over") return clock.ending();
  if (grant === null) return { ended: "budget" };
  const start_ms = now_ms();
  const input = estimateTokens(talk.history, tools.specs);
  const { bytes } = talk.size;
  const pending = model.complete({ messages: talk.history, tools: tools.specs, ...grant, must_call, signal });
  const reply = await clock.within(pending);
  const tokens = reply === "over" ? { input, output: 0, estimated: true } : spent(reply, input);
  const said = reply === "over" || "ended" in reply ? "" : reply.text;
  meter.settle(call, tokens, now_ms() - start_ms, said);
  talk.widest = Math.max(talk.widest, tokens.output);
  if (!tokens.estimated) talk.size.counted = { tokens: tokens.input, bytes };
  if (reply === "over") return clock.ending();
  return "ended" in reply ? (clock.over() ?? reply) : reply;
}

/** A call that failed may have been billed: it counts as its estimate, unless the provider refused it before it began. */
function spent(reply: Reply | ProviderFailure, input: number): Tokens {
  if (reply.tokens) return reply.tokens;
  const may_be_billed =
    "ended" in reply && (reply.cause === "network" || reply.cause === "garbage" || reply.cause === "cancelled");
  return { input: may_be_billed ? input : 0, output: 0, estimated: true };
}

/** Runs a turn's calls in order. What comes after the ending call is dropped; a refused ending goes on. */
async function act(
  reply: Reply,
  { ending, talk, outside, clock }: Around & { ending: string; talk: Talk },
): Promise<Outcome | null> {
  const end_at = reply.calls.findIndex((call) => call.tool === ending);
  const cut_at = reply.finish === "length" ? reply.calls.length - 1 : -1;
  for (const [at, call] of reply.calls.entries()) {
    if (at === cut_at) answer(talk, call, cutCall);
    else if (end_at >= 0 && at > end_at) answer(talk, call, afterEnding(ending));
    else {
      const over = clock.over();
      if (over) return over;
      const result = await clock.within(outside.tools.call(call));
      if (result === "over") return clock.ending();
      if (result.ended) return endingOf(result.ended);
      answer(talk, call, result.text);
    }
  }
  return null;
}

/** How an attempt is over that an ending call has ended. */
export function endingOf({ outcome, summary, checks = [] }: NonNullable<ToolResult["ended"]>): Outcome {
  return outcome === "done" && checks.length > 0 ? { ended: outcome, summary, checks } : { ended: outcome, summary };
}

const answer = (talk: Talk, { id, tool }: Call, text: string): void => hear(talk, { role: "tool", id, tool, text });

function hear(talk: Talk, message: Message): void {
  talk.history = [...talk.history, message];
  talk.size.bytes += bytesOf([message]);
}
