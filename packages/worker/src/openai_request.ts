import type OpenAI from "openai";
import type { Ask, Call, Message, ToolSpec } from "./model.ts";

type Params = OpenAI.ChatCompletionCreateParamsStreaming;
type WireMessage = OpenAI.ChatCompletionMessageParam;

/**
 * What a server may refuse although the protocol has it. Each is given up once it was refused; `cap`, the name under
 * which it takes the limit of a reply, is only changed for the other: without a limit nothing is sent that has one.
 */
export type Extras = { usage: boolean; force: boolean; cap: "max_tokens" | "max_completion_tokens" };

/** The body of a request. */
export function requestOf(ask: Ask, model: string, extras: Extras): Params {
  const forced = ask.must_call !== null && extras.force ? ask.must_call : null;
  return {
    model,
    messages: mergeUsers(ask.messages).map(wireMessage),
    stream: true,
    ...(ask.max_output === null ? {} : { [extras.cap]: ask.max_output }),
    ...(extras.usage ? { stream_options: { include_usage: true } } : {}),
    ...(ask.tools.length > 0 ? { tools: ask.tools.map(wireTool) } : {}),
    ...(forced === null ? {} : { tool_choice: { type: "function", function: { name: forced } } }),
  };
}

/** Two user messages in a row become one: chat templates of several open models insist on taking turns. */
function mergeUsers(messages: readonly Message[]): Message[] {
  const merged: Message[] = [];
  for (const message of messages) {
    const last = merged.at(-1);
    if (message.role === "user" && last?.role === "user")
      merged[merged.length - 1] = { role: "user", text: `${last.text}\n\n${message.text}` };
    else merged.push(message);
  }
  return merged;
}

function wireMessage(message: Message): WireMessage {
  if (message.role === "tool") return { role: "tool", tool_call_id: message.id, content: message.text };
  if (message.role !== "assistant") return { role: message.role, content: message.text };
  // Some servers refuse an assistant message that is empty, others one with both an empty text and calls.
  if (message.calls.length === 0) return { role: "assistant", content: message.text || "(no text)" };
  return { role: "assistant", content: message.text || null, tool_calls: message.calls.map(wireCall) };
}

/** A call as it is told again. What a server would refuse for ever after is made harmless: the result says what was wrong. */
const wireCall = ({ id, tool, input }: Call): OpenAI.ChatCompletionMessageToolCall => ({
  id,
  type: "function",
  function: { name: tool.replace(/[^A-Za-z0-9_-]/g, "_").slice(0, 64), arguments: isObject(input) ? input : "{}" },
});

const wireTool = ({ name, description, parameters }: ToolSpec): OpenAI.ChatCompletionTool => ({
  type: "function",
  function: { name, description, parameters: { ...parameters } },
});

function isObject(json: string): boolean {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return false; // the question was whether it reads
  }
}
