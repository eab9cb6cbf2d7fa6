import OpenAI from "openai";
import { estimateTokens } from "./history.ts";
import type { Ask, Model, ProviderFailure, Reply, Tokens } from "./model.ts";
import { type Miss, missOf, StreamFault } from "./openai_failure.ts";
import { Assembly } from "./openai_reply.ts";
import { type Extras, requestOf } from "./openai_request.ts";
import { type Patience, Watch } from "./openai_watch.ts";

const PATIENCE: Patience = {
  tries: 5,
  backoff_ms: 1_000,
  backoff_max_ms: 30_000,
  retry_after_max_ms: 60_000,
  stall_ms: 180_000,
  try_ms: 1_200_000,
  bytes_max: 16 * 1024 * 1024,
};

/** `api_key` null: the server wants none. `random` answers in [0, 1). */
export type OpenAiOptions = {
  base_url: string;
  api_key: string | null;
  model: string;
  now_ms: () => number;
  sleep_ms: (ms: number) => Promise<void>;
  random: () => number;
  patience?: Partial<Patience>;
};

type Provider = Omit<OpenAiOptions, "patience"> & { patience: Patience; extras: Extras };
type Try = { reply: Reply } | { miss: Miss; tokens: Tokens };

/**
 * Any server that speaks OpenAI's chat completions. Only `base_url` is talked to: no variable of the environment
 * changes address, key or headers, nothing is followed elsewhere, nothing is told to others. HTTP(S)_PROXY and
 * NO_PROXY of the person are respected, by the runtime.
 */
export function openaiModel(options: OpenAiOptions): Model {
  const api_key = options.api_key?.trim() ?? null;
  const patience = { ...PATIENCE, ...options.patience };
  const provider: Provider = { ...options, api_key, patience, extras: { usage: true, force: true, cap: "max_tokens" } };
  const unusable = configFault(provider);
  return { complete: async (ask) => (unusable ? failed(unusable, provider) : complete(ask, provider)) };
}

/** Tries until there is a reply, a failure that another try does not mend, or no try left. */
async function complete(ask: Ask, provider: Provider): Promise<Reply | ProviderFailure> {
  const { patience, sleep_ms } = provider;
  const lost: Tokens = { input: 0, output: 0, estimated: true }; // what tries that broke off may have cost
  for (let n = 1; ; n++) {
    const result = await attempt(ask, provider);
    if ("reply" in result) return withLost(result.reply, lost);
    lost.input += result.tokens.input;
    lost.output += result.tokens.output;
    if (ask.signal.aborted) return { ...failed(CANCELLED, provider), tokens: lost };
    const wait_ms = waitMs(result.miss, n, provider);
    if (!result.miss.again || n >= patience.tries || wait_ms === null)
      return { ...failed(result.miss, provider), tokens: lost };
    await Promise.race([sleep_ms(wait_ms), abortOf(ask.signal)]);
    if (ask.signal.aborted) return { ...failed(CANCELLED, provider), tokens: lost };
  }
}

/** One try, in which what the server does not know is left out: first the forced tool, then the token count, then the name of the limit. */
async function attempt(ask: Ask, provider: Provider): Promise<Try> {
  const result = await send(ask, provider);
  if ("reply" in result || result.miss.cause !== "bad_request" || ask.signal.aborted) return result;
  const { extras } = provider;
  const forced = extras.force && ask.must_call !== null && ask.tools.length > 0;
  const fewer = [extras.cap, ...(ask.max_output === null ? [] : [OTHER_CAP[extras.cap]])]
    .flatMap((cap): Extras[] => [
      { ...extras, cap },
      ...(forced ? [{ ...extras, cap, force: false }] : []),
      ...(extras.usage ? [{ ...extras, cap, usage: false }] : []),
      ...(forced && extras.usage ? [{ cap, usage: false, force: false }] : []),
    ])
    .slice(1); // the first is what was refused
  for (const less of fewer) {
    const again = await send(ask, { ...provider, extras: less });
    if ("reply" in again) {
      provider.extras = less; // remembered for the calls that follow
      return again;
    }
    if (again.miss.cause !== "bad_request") return again;
  }
  return result;
}

const OTHER_CAP = { max_tokens: "max_completion_tokens", max_completion_tokens: "max_tokens" } as const;

async function send(ask: Ask, provider: Provider): Promise<Try> {
  const { model, now_ms, extras } = provider;
  const watch = new Watch(provider.patience);
  const assembly = new Assembly();
  const estimate = estimateTokens(ask.messages, ask.tools);
  try {
    const client = clientOf(provider, watch);
    const body = requestOf(ask, model, extras);
    const events = await client.chat.completions.create(body, { signal: ask.signal });
    for await (const event of events) assembly.add(event);
    if (watch.fault) throw watch.fault;
    if (ask.signal.aborted) throw new StreamFault("cut");
    return { reply: redacted(assembly.reply(ask.messages.length, estimate), provider) };
  } catch (error) {
    const began = watch.answered || ask.signal.aborted;
    const tokens = { input: began ? estimate : 0, output: Math.ceil(assembly.chars / 4), estimated: true };
    return { miss: missOf(watch.fault ?? error, now_ms()), tokens };
  } finally {
    watch.stop();
  }
}

/** The client with nothing of its own: no retries, no logger, no headers but ours, no variable of the environment. */
function clientOf({ base_url, api_key, patience }: Provider, watch: Watch): OpenAI {
  const headers: Record<string, string> = {
    accept: "text/event-stream",
    "content-type": "application/json",
    "user-agent": "dgov",
    ...(api_key ? { authorization: `Bearer ${api_key}` } : {}),
  };
  return new OpenAI({
    baseURL: base_url,
    apiKey: "set by the headers above",
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null,
    maxRetries: 0,
    timeout: patience.try_ms,
    logLevel: "off",
    fetch: async (url, init) => {
      const signals = [watch.signal, ...(init?.signal ? [init.signal] : [])];
      const signal = AbortSignal.any(signals);
      const response = await fetch(String(url), { ...init, headers, redirect: "manual", signal });
      return watch.over(response);
    },
  });
}

/** How long to wait before the next try, or null when the server asks for more patience than we have. */
function waitMs({ retry_after_ms }: Miss, n: number, { patience, random }: Provider): number | null {
  if (retry_after_ms !== null && retry_after_ms > patience.retry_after_max_ms) return null;
  // Never earlier than the server wants; a little later, so that not all workers come back at once.
  if (retry_after_ms !== null) return Math.ceil(retry_after_ms * (1 + random() / 10));
  const full = Math.min(patience.backoff_max_ms, patience.backoff_ms * 2 ** (n - 1));
  return Math.ceil(full * (0.5 + random() / 2));
}

const CANCELLED: Miss = { cause: "cancelled", detail: "it was cancelled", retry_after_ms: null, again: false };
const DETAIL_CHARS = 500;

function failed({ cause, detail, retry_after_ms }: Miss, provider: Provider): ProviderFailure {
  const words = `Cannot get a reply from "${hostOf(provider)}": ${detail}`;
  return { ended: "provider", cause, detail: redact(words, provider).slice(0, DETAIL_CHARS), retry_after_ms };
}

/** What is wrong with the settings themselves; null: they can be tried. */
function configFault({ base_url, api_key }: Provider): Miss | null {
  const fault = { retry_after_ms: null, again: false };
  if (!/^https?:$/.test(URL.parse(base_url)?.protocol ?? ""))
    return { ...fault, cause: "bad_request", detail: "the base URL is not an http or https address" };
  if (api_key !== null && !/^[\x21-\x7e]*$/.test(api_key))
    return { ...fault, cause: "auth", detail: "the key holds a character that a header cannot carry" };
  return null;
}

/** The host alone: an address may carry a password. */
const hostOf = ({ base_url }: Provider): string => URL.parse(base_url)?.host ?? "the provider";

const redact = (text: string, { api_key }: Provider): string => (api_key ? text.replaceAll(api_key, "[key]") : text);

const KEY_CHARS_MIN = 12; // a shorter "key" is a placeholder for a local server, and a word that a reply may hold

function redacted(reply: Reply, provider: Provider): Reply {
  if ((provider.api_key?.length ?? 0) < KEY_CHARS_MIN) return reply;
  const calls = reply.calls.map((call) => ({ ...call, input: redact(call.input, provider) }));
  return { ...reply, text: redact(reply.text, provider), calls };
}

const withLost = (reply: Reply, lost: Tokens): Reply => {
  const { input, output } = reply.tokens;
  if (lost.input + lost.output === 0) return reply;
  return {
    ...reply,
    tokens: { ...reply.tokens, input: input + lost.input, output: output + lost.output, estimated: true },
  };
};

const abortOf = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
