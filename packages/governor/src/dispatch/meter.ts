import { affords, type TaskId } from "@dgov/kernel";
import { costMicros, type Meter, type Price } from "@dgov/worker";
import type { Session } from "../session.ts";

/**
 * The purse of one attempt: a call is reserved in the log before it is sent, at the most its estimated tokens can cost,
 * and settled at what it used. A call that the run cannot afford is not sent.
 */
export function meterOf(session: Session, attempt: { task: TaskId; attempt: number }, price: Price | null): Meter {
  return {
    reserve(call, tokens) {
      const cost_micros = Math.max(
        costMicros({ input: tokens, output: 0 }, price),
        costMicros({ input: 0, output: tokens }, price),
      );
      if (!affords(session.run, { tokens, cost_micros }, session.elapsed_ms)) return false;
      session.record({ kind: "call_reserved", ...attempt, call, tokens, cost_micros });
      return true;
    },
    settle(call, { input, output }, took_ms, said) {
      const usage = { input_tokens: input, output_tokens: output, cost_micros: costMicros({ input, output }, price) };
      session.record({ kind: "call_settled", ...attempt, call, usage, took_ms: Math.round(took_ms), said: clip(said) });
    },
  };
}

const SAID_MAX = 4_000;

/** What a model says is kept for people; the log is no place for a novel. */
const clip = (text: string): string => (text.length > SAID_MAX ? `${text.slice(0, SAID_MAX)}…` : text);
