import type { Message, ToolSpec } from "./model.ts";

/**
 * How much was ever put before the model, in bytes, and the last time that a provider counted it in tokens. What is left
 * out of a history makes it no larger, so both stay true.
 */
export type Size = { bytes: number; counted: { tokens: number; bytes: number } | null };

/** Of an attempt that has said nothing yet. */
export function firstSize(
  { messages }: { messages: readonly Message[] },
  { tools }: { tools: { specs: readonly ToolSpec[] } },
): Size {
  return { bytes: bytesOf(messages) + Buffer.byteLength(JSON.stringify(tools.specs)), counted: null };
}

/** What a message takes, with what a provider writes around it. */
export const bytesOf = (messages: readonly Message[]): number =>
  messages.reduce((sum, message) => sum + Buffer.byteLength(JSON.stringify(message)) + AROUND_BYTES, 0);
const AROUND_BYTES = 16;

/**
 * The most tokens that the next call can send. What a provider has counted is known; of the rest a token is taken to be
 * no less than two bytes, which holds for prose and code in every script (about four bytes are usual).
 */
export const mostInput = ({ bytes, counted }: Size): number =>
  counted === null ? Math.ceil(bytes / 2) : counted.tokens + Math.ceil((bytes - counted.bytes) / 2);
