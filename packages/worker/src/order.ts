import type { Call, Message, Model, ProviderFailure, Tokens, ToolSpec } from "./model.ts";

/** The hands, lent by the governor. This package does not know where they are. A result is always something the model can read. */
export interface ToolBox {
  readonly specs: readonly ToolSpec[];
  call(call: Call): Promise<ToolResult>;
}
export type ToolResult = {
  ok: boolean;
  text: string;
  ended?: { outcome: "done" | "incomplete" | "blocked"; summary: string; checks?: readonly StatedCheck[] };
};

/** What the model states of its work, in fields. It is passed on: whether it is so is for others to say. */
export type StatedCheck = {
  check: "tests" | "lint" | "types" | "command";
  command: string; // "" for all but a command
  outcome: "passed" | "failed";
};

/**
 * What a call may use, at the most. `output`: a forecast, for where nothing holds the reply to less. `again`: a further
 * call of the same turn.
 */
export type Forecast = { input: number; output: number; again: boolean };

/** `max_output`: no reply may have more tokens than this; null: the provider's own limit holds. */
export type Grant = { max_output: number | null };

/**
 * Asked before each call, told after it. `reserve` null: the call would overshoot a limit, and is not sent. It may wait
 * for others to end theirs, no longer than the signal.
 */
export interface Meter {
  reserve(call: number, forecast: Forecast, signal: AbortSignal): Promise<Grant | null>;
  settle(call: number, tokens: Tokens, took_ms: number, said: string): void;
}

/** How an attempt ended. Every ending is one of these: the governor never reads meaning out of a text. */
export type Outcome =
  | { ended: "done"; summary: string; checks?: readonly StatedCheck[] } // absent: it states nothing
  | { ended: "incomplete"; summary: string }
  | { ended: "blocked"; summary: string }
  | { ended: "stuck"; after_turns: number }
  | { ended: "turns"; turns: number }
  | { ended: "timeout"; after_ms: number }
  | { ended: "budget" }
  | { ended: "cancelled" }
  | ProviderFailure;

/**
 * Limits of one attempt. `warn_at`: the turn from which the model is told that they run out.
 * `context_chars`: size of the history above which old tool results are left out of it; absent: `CONTEXT_CHARS`.
 * `counted`: what stands for a turn where nobody sees which calls were of one reply; absent: a reply does.
 */
export type Limits = {
  turns: number;
  warn_at: number;
  time_ms: number | null;
  context_chars?: number;
  counted?: "calls";
};

/** What a role is asked to do: the first messages and the tool that ends it. */
export type Order = { messages: readonly Message[]; ending: string; limits: Limits };

/** The world, as arguments. */
export type Outside = {
  model: Model;
  tools: ToolBox;
  meter: Meter;
  now_ms: () => number;
  signal: AbortSignal;
};
