/** What a model may call: name, words and a JSON Schema, made by the sandbox. */
export type ToolSpec = { name: string; description: string; parameters: Readonly<Record<string, unknown>> };

/** One call the model asked for. `input` is the raw JSON text the provider sent: whoever runs the tool parses it. */
export type Call = { id: string; tool: string; input: string };

export type Message =
  | { role: "system" | "user"; text: string }
  | { role: "assistant"; text: string; calls: readonly Call[] }
  | { role: "tool"; id: string; tool: string; text: string };

/**
 * Tokens as the provider counted them. `estimated` when it sent no count. `cached`: how many of the input it had in its
 * cache; absent: it did not say. `served`: how it calls what has counted and answered, its model and fingerprint; absent: likewise.
 */
export type Tokens = { input: number; output: number; estimated: boolean; cached?: number; served?: string };

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
  max_output: number | null; // tokens of the reply, at the most; null: what the provider has for a limit
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
