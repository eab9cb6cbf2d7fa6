import { APIConnectionError, APIError } from "openai";
import type { ProviderFailure } from "./model.ts";

/** A provider's failure before anyone decided about another try. */
export type Miss = Pick<ProviderFailure, "cause" | "detail" | "retry_after_ms"> & { again: boolean };

/** What our own watch over a stream saw. `code` is what is read; the rest is for people. */
export class StreamFault extends Error {
  override name = "StreamFault";
  readonly code: "stall" | "too_slow" | "too_large" | "cut" | "no_reply" | "not_a_chunk" | "redirect";
  constructor(code: StreamFault["code"]) {
    super(code);
    this.code = code;
  }
}

// biome-ignore format: a table reads by its columns
const FAULTS = {
  stall:       { cause: "network",     again: true,  says: "the stream stalled" },
  too_slow:    { cause: "network",     again: true,  says: "the reply took too long" },
  too_large:   { cause: "garbage",     again: true,  says: "the reply is larger than the limit" },
  cut:         { cause: "network",     again: true,  says: "the stream ended before the reply did" },
  no_reply:    { cause: "garbage",     again: true,  says: "the answer holds no reply" },
  not_a_chunk: { cause: "garbage",     again: true,  says: "the answer is not a chat completion" },
  redirect:    { cause: "bad_request", again: false, says: "the server redirects, and a key is not sent elsewhere: set the final base URL" },
} as const satisfies Record<StreamFault["code"], { cause: ProviderFailure["cause"]; again: boolean; says: string }>;

// Codes and types that providers publish. What a message says is never read.
const TOO_LONG = new Set([
  "context_length_exceeded", // OpenAI, Groq, DeepSeek
  "exceed_context_size_error", // llama.cpp
  "request_too_large", // Anthropic
  "string_above_max_length", // OpenAI, a single message
]);
const NO_MONEY = new Set(["insufficient_quota", "billing_hard_limit_reached", "billing_not_active"]);
const BUSY = new Set(["rate_limit_exceeded", "rate_limit_error", "too_many_requests"]);

/** Maps whatever a try threw. Statuses and codes decide, never words. */
export function missOf(error: unknown, now_ms: number): Miss {
  if (error instanceof StreamFault) {
    const { cause, again, says } = FAULTS[error.code];
    return { cause, again, detail: says, retry_after_ms: null };
  }
  if (error instanceof APIConnectionError) return network(codeOf(error.cause));
  if (error instanceof APIError) return answered(error, now_ms);
  if (error instanceof SyntaxError)
    return { cause: "garbage", again: true, detail: "the answer is not JSON", retry_after_ms: null };
  return network(codeOf(error));
}

const network = (code: string | null): Miss => ({
  cause: "network",
  again: true,
  detail: code === null ? "the connection failed" : `the connection failed (${code})`,
  retry_after_ms: null,
});

function answered(error: APIError, now_ms: number): Miss {
  const names = [error.code, error.type].filter((name) => typeof name === "string");
  const status = error.status ?? inStream(error);
  const cause = causeOf(status, names);
  const words = status === null ? error.message : `status ${status}: ${error.message.replace(/^\d{3} /, "")}`;
  return {
    cause,
    again: cause === "rate_limit" || cause === "server",
    detail: words,
    retry_after_ms: retryAfterMs(error.headers, now_ms),
  };
}

/** The status of an error that came inside a stream, where some servers send it as a number in `code`. */
function inStream({ code }: { code?: unknown }): number | null {
  const status = Number(code);
  return Number.isInteger(status) && status >= 400 && status <= 599 ? status : null;
}

function causeOf(status: number | null, names: readonly string[]): Miss["cause"] {
  if (names.some((name) => TOO_LONG.has(name)) || status === 413) return "context_length";
  if (names.some((name) => NO_MONEY.has(name)) || status === 402) return "auth"; // waiting does not help: a person must pay
  if (status === 401 || status === 403) return "auth";
  if (status === 429 || names.some((name) => BUSY.has(name))) return "rate_limit";
  if (status === null || status >= 500 || status === 408 || status === 409 || status === 425) return "server";
  return "bad_request";
}

/**
 * How long the server wants us to wait, in ms, or null when it does not say so in a form we know.
 * Source: RFC 9110 10.2.3 (seconds or a date), and `retry-after-ms` of OpenAI.
 */
export function retryAfterMs(headers: Headers | undefined, now_ms: number): number | null {
  const exact = headers?.get("retry-after-ms") ?? "";
  if (/^\d+(\.\d+)?$/.test(exact)) return Math.ceil(Number(exact));
  const wish = headers?.get("retry-after")?.trim() ?? "";
  if (/^\d+(\.\d+)?$/.test(wish)) return Math.ceil(Number(wish) * 1000);
  const at_ms = /^[A-Za-z]{3,9},? /.test(wish) ? Date.parse(wish) : Number.NaN;
  return Number.isNaN(at_ms) ? null : Math.max(0, at_ms - now_ms);
}

/** The code of a failed connection, `ECONNREFUSED`: how the runtime names it, from the innermost cause that has one. */
function codeOf(error: unknown): string | null {
  if (!(error instanceof Error)) return null;
  if ("code" in error && typeof error.code === "string") return error.code;
  return codeOf(error.cause);
}
