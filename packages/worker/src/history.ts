import type { Message, ToolSpec } from "./model.ts";

/** About 60,000 tokens: most models that can use tools have twice that. */
export const CONTEXT_CHARS = 240_000;

/** What a conversation weighs, in characters. Deterministic, and independent of any model's tokenizer. */
export const sizeChars = (messages: readonly Message[]): number =>
  messages.reduce((sum, message) => sum + messageChars(message), 0);

/** Tokens that a call with these messages will about cost as input: four characters a token, as English and code have. */
export const estimateTokens = (messages: readonly Message[], tools: readonly ToolSpec[]): number =>
  Math.ceil((sizeChars(messages) + JSON.stringify(tools).length) / 4);

type Rule = { turns_kept: number; inputs: boolean; result_chars: number };

// Each rule takes more away than the one before. The last also shortens what the model has not yet seen in full.
// biome-ignore format: a table reads by its columns
const RULES: readonly Rule[] = [
  { turns_kept: 6, inputs: false, result_chars: Number.POSITIVE_INFINITY },
  { turns_kept: 3, inputs: true,  result_chars: Number.POSITIVE_INFINITY },
  { turns_kept: 1, inputs: true,  result_chars: 8_000 },
];
const INPUT_CHARS = 500; // a call shorter than this is worth more as a memory than as space

/**
 * The same conversation within `limit_chars`, or the same value when it already is.
 * It goes down to half of the limit at once: a provider's prompt cache then holds for the turns that follow.
 * What is said (system, user, the model's own text) stays; old tool results, then old inputs, become one-line stubs.
 */
export function compact(messages: readonly Message[], limit_chars: number): readonly Message[] {
  if (sizeChars(messages) <= limit_chars) return messages;
  let shorter = messages;
  for (const rule of RULES) {
    shorter = applyRule(messages, rule);
    if (sizeChars(shorter) <= limit_chars / 2) break;
  }
  return shorter;
}

/** As short as it gets, for a provider that refused the length. The same value when nothing is left to take away. */
export function squeeze(messages: readonly Message[]): readonly Message[] {
  const shorter = applyRule(messages, RULES[RULES.length - 1]!);
  return sizeChars(shorter) < sizeChars(messages) ? shorter : messages;
}

function applyRule(messages: readonly Message[], rule: Rule): readonly Message[] {
  const turns = messages.flatMap((message, at) => (message.role === "assistant" ? [at] : []));
  const old_until = turns.at(-rule.turns_kept) ?? 0;
  return messages.map((message, at) => {
    if (message.role === "tool") return at < old_until ? stubResult(message) : clipResult(message, rule.result_chars);
    if (message.role === "assistant" && rule.inputs && at < old_until) return stubInputs(message);
    return message;
  });
}

type OfRole<Role> = Extract<Message, { role: Role }>;

function stubResult(message: OfRole<"tool">): Message {
  const stub = `[Left out to save space: ${message.text.length} characters. Call ${message.tool} again if you need them.]`;
  return stub.length < message.text.length ? { ...message, text: stub } : message;
}

function clipResult(message: OfRole<"tool">, chars: number): Message {
  if (message.text.length <= chars) return message;
  const half = Math.floor(chars / 2) - 50;
  const left_out = message.text.length - 2 * half;
  const middle = `\n[${left_out} characters left out to save space]\n`;
  return { ...message, text: message.text.slice(0, half) + middle + message.text.slice(-half) };
}

const stubInputs = (message: OfRole<"assistant">): Message => ({
  ...message,
  calls: message.calls.map((call) =>
    call.input.length <= INPUT_CHARS
      ? call
      : { ...call, input: JSON.stringify({ left_out: `${call.input.length} characters` }) },
  ),
});

const messageChars = (message: Message): number =>
  message.text.length +
  (message.role === "assistant"
    ? message.calls.reduce((sum, call) => sum + call.tool.length + call.input.length, 0)
    : 0);
