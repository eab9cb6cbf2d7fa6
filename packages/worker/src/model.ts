/** What a model may call: name, words and a JSON Schema, made by the sandbox. */
export type ToolSpec = { name: string; description: string; parameters: Readonly<Record<string, unknown>> };

/** One call the model asked for. `input` is the raw JSON text the provider sent: whoever runs the tool parses it. */
export type Call = { id: string; tool: string; input: string };

export type Message =
  | { role: "system" | "user"; text: string }
  | { role: "assistant"; text: string; calls: readonly Call[] }
  | { role: "tool"; id: string; tool: string; text: string };

/** Tokens as the provider counted them. `estimated` when it sent no count. */
export type Tokens = { input: number; output: number; estimated: boolean };

export type Reply = { text: string; calls: readonly Call[]; tokens: Tokens; finish: "stop" | "length" | "calls" };

/** Why a provider gave no reply. `retry_after_ms` is its own wish, or null. */
export type ProviderFailure = {
  ended: "provider";
  cause: "auth" | "rate_limit" | "server" | "network" | "bad_request" | "garbage" | "context_length" | "cancelled";
  detail: string;
  retry_after_ms: number | null;
  tokens?: Tokens; // what the failed tries may have cost, when it is known; absent: the caller's estimate stands
};

export type Ask = {
  messages: readonly Message[];
  tools: readonly ToolSpec[];
  must_call: string | null; // force this tool, where the provider can
  signal: AbortSignal;
};

/**
 * A provider. It never throws and never returns a rejected promise for a provider's failure: it answers `ProviderFailure`.
 * It retries what may be retried by itself, within its own limits, and then says so.
 */
export interface Model {
  complete(ask: Ask): Promise<Reply | ProviderFailure>;
}

/** The hands, lent by the governor. This package does not know where they are. A result is always something the model can read. */
export interface ToolBox {
  readonly specs: readonly ToolSpec[];
  call(call: Call): Promise<ToolResult>;
}
export type ToolResult = {
  ok: boolean;
  text: string;
  ended?: { outcome: "done" | "incomplete" | "blocked"; summary: string };
};

/** Asked before each call, told after it. `reserve` false: the call would overshoot a limit, and is not sent. */
export interface Meter {
  reserve(call: number, tokens: number): boolean;
  settle(call: number, tokens: Tokens, took_ms: number, said: string): void;
}

/** How an attempt ended. Every ending is one of these: the governor never reads meaning out of a text. */
export type Outcome =
  | { ended: "done"; summary: string }
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
 */
export type Limits = { turns: number; warn_at: number; time_ms: number | null; context_chars?: number };

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
