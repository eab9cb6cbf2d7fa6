import { afterEach, expect, test } from "bun:test";
import { delta, type Play, type ProviderServer, replyEvents, startProvider } from "../../../test/provider_server.ts";
import type { Ask, ProviderFailure, Reply } from "./model.ts";
import { type OpenAiOptions, openaiModel } from "./openai.ts";
import type { Patience } from "./openai_watch.ts";

const KEY = "sk-test-0123456789abcdef";
const open: ProviderServer[] = [];
afterEach(async () => {
  for (const server of open.splice(0)) await server.stop();
});

const ask = (more: Partial<Ask> = {}): Ask => ({
  messages: [
    { role: "system", text: "be good" },
    { role: "user", text: "go" },
  ],
  tools: [{ name: "done", description: "end", parameters: { type: "object" } }],
  max_output: null,
  must_call: null,
  signal: new AbortController().signal,
  ...more,
});

type Setup = { patience?: Partial<Patience>; options?: Partial<OpenAiOptions>; ask?: Partial<Ask>; times?: number };

async function play(plays: Play[], setup: Setup = {}) {
  const server = startProvider(plays);
  open.push(server);
  const slept: number[] = [];
  const model = openaiModel({
    base_url: server.url,
    api_key: KEY,
    model: "m-1",
    now_ms: () => Date.UTC(2026, 0, 1),
    sleep_ms: async (ms) => void slept.push(ms),
    random: () => 0,
    patience: { tries: 3, stall_ms: 30_000, ...setup.patience },
    ...setup.options,
  });
  const replies: (Reply | ProviderFailure)[] = [];
  for (let n = 0; n < (setup.times ?? 1); n++) replies.push(await model.complete(ask(setup.ask)));
  return { reply: replies.at(-1)!, replies, slept, asked: server.asked, model };
}

const good: Play = { stream: replyEvents({ text: "all well" }) };
const refuse = (status: number, error: Record<string, unknown> = {}, headers: Record<string, string> = {}): Play => ({
  status,
  headers,
  body: { error: { message: "as the test wants", ...error } },
});
const wellReplied = { text: "all well", calls: [], finish: "stop" };

test("a reply is put together from its pieces, with its tokens", async () => {
  const calls = [
    { tool: "read_file", input: '{"path":"a b.ts"}' },
    { tool: "done", input: '{"summary":"é \\" ok"}' },
  ];
  const { reply, asked } = await play([{ stream: replyEvents({ text: "I look at it", calls }) }]);
  expect(reply).toEqual({
    text: "I look at it",
    calls: calls.map((call, at) => ({ id: `id-${at}`, ...call })),
    tokens: { input: 11, output: 7, estimated: false },
    finish: "calls",
  });
  expect(asked[0]).toMatchObject({
    path: "/v1/chat/completions",
    headers: { authorization: `Bearer ${KEY}` },
    body: { model: "m-1", stream: true, stream_options: { include_usage: true } },
  });
});

const part = (call: Record<string, unknown>) => delta({ tool_calls: [call] });
const end = { choices: [{ index: 0, delta: {}, finish_reason: "tool_calls" }] };
// biome-ignore format: a table reads by its columns
test.each<[string, unknown[], unknown[]]>([
  ["whole calls, no index, no id", [part({ function: { name: "a", arguments: "{}" } }), part({ function: { name: "b", arguments: '{"n":1}' } })],
    [{ id: "call_2_0", tool: "a", input: "{}" }, { id: "call_2_1", tool: "b", input: '{"n":1}' }]],
  ["index 0 for all",              [part({ index: 0, id: "x", function: { name: "a", arguments: "{}" } }), part({ index: 0, id: "y", function: { name: "b", arguments: "{}" } })],
    [{ id: "x", tool: "a", input: "{}" }, { id: "y", tool: "b", input: "{}" }]],
  ["arguments as an object",       [part({ index: 0, id: "x", function: { name: "a", arguments: { n: 1 } } })], [{ id: "x", tool: "a", input: '{"n":1}' }]],
  ["no arguments",                 [part({ index: 0, id: "x", function: { name: "a", arguments: null } })], [{ id: "x", tool: "a", input: "{}" }]],
  ["id and name in every part",    [part({ index: 0, id: "x", function: { name: "a", arguments: '{"n"' } }), part({ index: 0, id: "x", function: { name: "a", arguments: ":1}" } })],
    [{ id: "x", tool: "a", input: '{"n":1}' }]],
  ["pieces without index",         [part({ id: "x", function: { name: "a", arguments: "{" } }), part({ function: { arguments: "}" } })], [{ id: "x", tool: "a", input: "{}" }]],
  ["two calls in turns",           [part({ index: 0, id: "x", function: { name: "a" } }), part({ index: 1, id: "y", function: { name: "b" } }), part({ index: 0, function: { arguments: "[0]" } }), part({ index: 1, function: { arguments: "[1]" } })],
    [{ id: "x", tool: "a", input: "[0]" }, { id: "y", tool: "b", input: "[1]" }]],
  ["the same id twice",            [part({ index: 0, id: "x", function: { name: "a" } }), part({ index: 1, id: "x", function: { name: "b" } })],
    [{ id: "x", tool: "a", input: "{}" }, { id: "call_2_1", tool: "b", input: "{}" }]],
])("calls of servers that differ: %s", async (_name, events, calls) => {
  const { reply } = await play([{ stream: [...events, end] }]);
  expect(reply).toMatchObject({ calls, finish: "calls" });
});

test("a server that does not stream is understood", async () => {
  const message = { role: "assistant", content: "all well", tool_calls: null };
  const body = {
    choices: [{ index: 0, message, finish_reason: "stop" }],
    usage: { prompt_tokens: 3, completion_tokens: 2 },
  };
  const { reply } = await play([{ status: 200, body: JSON.stringify(body, null, 2) }]);
  expect(reply).toEqual({
    text: "all well",
    calls: [],
    finish: "stop",
    tokens: { input: 3, output: 2, estimated: false },
  });
});

test.each<[string, unknown, number | undefined]>([
  ["some", { cached_tokens: 8 }, 8],
  ["none", { cached_tokens: 0 }, 0],
  ["more than there were", { cached_tokens: 80 }, 11],
  ["nothing of it", {}, undefined],
  ["null", null, undefined],
])("tokens of the provider's cache are part of the input: %s", async (_name, prompt_tokens_details, cached) => {
  const usage = { prompt_tokens: 11, completion_tokens: 7, prompt_tokens_details };
  const { reply } = await play([{ stream: [delta({ content: "ok" }, "stop"), { choices: [], usage }] }]);
  expect("tokens" in reply && reply.tokens?.cached).toBe(cached);
});

test("a reply that may not be longer than so much says so, by the name that the server takes, and never without it", async () => {
  const bodies = async (plays: Play[], times = 1) => {
    const { asked, reply } = await play(plays, { ask: { max_output: 70 }, times });
    const caps = asked.map(({ body }) => [body.max_tokens, body.max_completion_tokens]);
    return { caps, ended: "ended" in reply };
  };
  const old = [70, undefined];
  const young = [undefined, 70];
  expect(await bodies([good])).toEqual({ caps: [old], ended: false });
  const twice = await bodies([refuse(400), refuse(400), good, good], 2);
  expect(twice).toEqual({ caps: [old, old, young, young], ended: false }); // what it takes is remembered
  expect(await bodies([refuse(400)])).toEqual({ caps: [old, old, young, young], ended: true });
});

test("a reply without a count is estimated, and a cut off one says so", async () => {
  const { reply } = await play([{ stream: [delta({ content: "12345678" }, "length")], end: "close" }]);
  expect(reply).toMatchObject({ finish: "length", tokens: { output: 2, estimated: true } });
});

// biome-ignore format: a table reads by its columns
test.each<[string, Play, ProviderFailure["cause"], number]>([
  ["401",                  refuse(401),                                         "auth",           1],
  ["403",                  refuse(403),                                         "auth",           1],
  ["402",                  refuse(402),                                         "auth",           1],
  ["429 without money",    refuse(429, { code: "insufficient_quota" }),         "auth",           1],
  ["429",                  refuse(429),                                         "rate_limit",     3],
  ["500",                  refuse(500),                                         "server",         3],
  ["503 as HTML",          { status: 503, body: "<html>down</html>", headers: { "content-type": "text/html" } }, "server", 3],
  ["404",                  refuse(404, { code: "model_not_found" }),            "bad_request",    2],
  ["400 that says 429",    refuse(400, { message: "429 rate limit" }),          "bad_request",    2],
  ["400 too long",         refuse(400, { code: "context_length_exceeded" }),    "context_length", 1],
  ["413",                  refuse(413),                                         "context_length", 1],
  ["redirect",             refuse(307, {}, { location: "http://127.0.0.1:1/" }), "bad_request",   2],
  ["cut mid-way",          { stream: replyEvents({ text: "half" }).slice(0, 2), end: "cut" }, "network", 3],
  ["ends too early",       { stream: replyEvents({ text: "half" }).slice(0, 2) }, "network",      3],
  ["stalls",               { stream: [delta({ content: "a" })], end: "stall" }, "network",        3],
  ["not JSON",             { stream: ["data: {oops\n\n"] },                     "garbage",        3],
  ["HTML",                 { status: 200, body: "<html>hello</html>", headers: { "content-type": "text/html" } }, "garbage", 3],
  ["HTML called JSON",     { status: 200, body: "<html>hello</html>" },         "garbage",        3],
  ["no choices",           { status: 200, body: { choices: [] } },              "garbage",        3],
  ["another shape",        { status: 200, body: { choices: "none" } },          "garbage",        3],
  ["null",                 { stream: ["data: null\n\n"] },                      "garbage",        3],
  ["a call without name",  { stream: [part({ index: 0, id: "x", function: { arguments: "{}" } }), end] }, "garbage", 3],
  ["empty body",           { stream: [], end: "close" },                        "garbage",        3],
  ["huge",                 { stream: new Array(40).fill(delta({ content: "x".repeat(1_000) })) }, "garbage", 3],
  ["error in the stream",  { stream: [{ error: { message: "no", code: 502 } }] }, "server",       3],
  ["429 in the stream",    { stream: [{ error: { message: "no", code: 429 } }] }, "rate_limit",   3],
  ["too long, in stream",  { stream: [{ error: { message: "no", code: "context_length_exceeded" } }] }, "context_length", 1],
])("a provider fails: %s", async (_name, answer, cause, times) => {
  const stall_ms = "end" in answer && answer.end === "stall" ? 60 : 30_000; // who answers late on a busy machine has not stalled
  const { reply, asked } = await play([answer], { patience: { stall_ms, bytes_max: 20_000 } });
  expect(reply).toMatchObject({ ended: "provider", cause });
  expect(asked.length).toBe(times);
});

// biome-ignore format: a table reads by its columns
test.each<[string, Play, number[]]>([
  ["500",                     refuse(500),                                              [500]],
  ["429",                     refuse(429),                                              [500]],
  ["Retry-After in seconds",  refuse(429, {}, { "retry-after": "7" }),                  [7_000]],
  ["Retry-After as a date",   refuse(503, {}, { "retry-after": "Thu, 01 Jan 2026 00:00:09 GMT" }), [9_000]],
  ["a date that has passed",  refuse(503, {}, { "retry-after": "Thu, 01 Jan 2025 00:00:09 GMT" }), [0]],
  ["retry-after-ms",          refuse(429, {}, { "retry-after-ms": "120" }),             [120]],
  ["Retry-After of nonsense", refuse(429, {}, { "retry-after": "soon" }),               [500]],
  ["a broken stream",         { stream: [delta({ content: "half" })], end: "cut" },     [500]],
  ["garbage",                 { status: 200, body: "oops" },                            [500]],
])("another try mends: %s", async (_name, first, waits) => {
  const { reply, slept } = await play([first, good]);
  expect(reply).toMatchObject(wellReplied);
  expect(slept).toEqual(waits);
});

test("the wait doubles up to its limit, and chance only spreads it", async () => {
  const patience = { tries: 6, backoff_ms: 100, backoff_max_ms: 400 };
  expect((await play([refuse(500)], { patience })).slept).toEqual([50, 100, 200, 200, 200]);
  const late = await play([refuse(500)], { patience, options: { random: () => 0.999 } });
  expect(late.slept).toEqual([100, 200, 400, 400, 400]);
  const wish = await play([refuse(429, {}, { "retry-after": "10" }), good], { options: { random: () => 0.5 } });
  expect(wish.slept).toEqual([10_500]); // never earlier than asked
});

test("a server that wants more patience than there is, is given up with its wish", async () => {
  const { reply, slept, asked } = await play([refuse(429, {}, { "retry-after": "3600" })]);
  expect(reply).toMatchObject({ cause: "rate_limit", retry_after_ms: 3_600_000 });
  expect([slept.length, asked.length]).toEqual([0, 1]);
});

test("bytes that keep coming are no stall", async () => {
  const stream = [": ping\n\n", ": ping\n\n", ": ping\n\n", ...replyEvents({ text: "all well" })];
  const { reply } = await play([{ stream, gap_ms: 30 }], { patience: { stall_ms: 1_000 } });
  expect(reply).toMatchObject(wellReplied);
});

test("what a broken try may have cost is counted", async () => {
  const { reply } = await play([{ stream: [delta({ content: "12345678" })], end: "cut" }, good]);
  if ("ended" in reply) return expect.unreachable();
  expect(reply.tokens.output).toBe(7 + 2);
  expect(reply.tokens.input).toBeGreaterThan(11);
  expect(reply.tokens.estimated).toBe(true);
  expect((await play([refuse(500), good])).reply).toMatchObject({ tokens: { input: 11, output: 7, estimated: false } });
  expect((await play([refuse(401)])).reply).toMatchObject({ tokens: { input: 0, output: 0 } });
});

test("what a server does not know is left out, and remembered", async () => {
  const { reply, asked } = await play([refuse(400), good, good], { times: 2 });
  expect(reply).toMatchObject(wellReplied);
  expect(asked.map(({ body }) => "stream_options" in body)).toEqual([true, false, false]);
  const forced = await play([refuse(400), good, good], { times: 2, ask: { must_call: "done" } });
  expect(forced.asked.map(({ body }) => body.tool_choice)).toEqual([
    { type: "function", function: { name: "done" } },
    undefined,
    undefined,
  ]);
});

test("a call is cancelled while it waits, streams or backs off", async () => {
  for (const first of [
    { stream: [], end: "stall" },
    { stream: [delta({ content: "a" })], end: "stall" },
    refuse(500),
  ] satisfies Play[]) {
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 30);
    const never = () => new Promise<void>(() => {});
    const { reply } = await play([first], { ask: { signal: stop.signal }, options: { sleep_ms: never } });
    expect(reply).toMatchObject({ ended: "provider", cause: "cancelled" });
  }
});

test("nobody listens: the failure names the host and the code", async () => {
  const { reply } = await play([], { options: { base_url: "http://user:secret@127.0.0.1:1/v1" } });
  expect(reply).toMatchObject({ cause: "network", detail: expect.stringContaining('"127.0.0.1:1"') });
  expect(JSON.stringify(reply)).not.toContain("secret");
});

test("settings that cannot work fail without a call", async () => {
  expect((await play([good], { options: { base_url: "file:///etc/passwd" } })).reply).toMatchObject({
    cause: "bad_request",
  });
  expect((await play([good], { options: { base_url: "nonsense" } })).reply).toMatchObject({ cause: "bad_request" });
  const odd = await play([good], { options: { api_key: "sk-one\nsk-two-is-secret" } });
  expect(odd.reply).toMatchObject({ cause: "auth" });
  expect(JSON.stringify(odd.reply)).not.toContain("sk-");
  expect((await play([good], { options: { api_key: `${KEY}\n` } })).reply).toMatchObject(wellReplied);
});

test("the key is in no failure and in no reply", async () => {
  const echo = refuse(401, { message: `${`bad key ${KEY} `.repeat(200)}` });
  expect(JSON.stringify((await play([echo])).reply)).not.toContain(KEY.slice(0, 12));
  const calls = [{ tool: "done", input: `{"summary":"${KEY}"}` }];
  const { reply } = await play([{ stream: replyEvents({ text: `your key is ${KEY}`, calls }) }]);
  expect(JSON.stringify(reply)).not.toContain(KEY);
});

test("the environment changes nothing, and nothing extra is told", async () => {
  const env = {
    OPENAI_BASE_URL: "http://127.0.0.1:1/v1",
    OPENAI_API_KEY: "sk-of-the-environment",
    OPENAI_ORG_ID: "org-env",
    OPENAI_PROJECT_ID: "project-env",
    OPENAI_CUSTOM_HEADERS: "x-evil: 1\nauthorization: Bearer evil",
    OPENAI_LOG: "debug",
  };
  const before = Object.fromEntries(Object.keys(env).map((name) => [name, process.env[name]]));
  Object.assign(process.env, env);
  try {
    const { reply, asked } = await play([good]);
    expect(reply).toMatchObject(wellReplied);
    expect(asked[0]!.headers.authorization).toBe(`Bearer ${KEY}`);
    expect(JSON.stringify(asked[0]!.headers)).not.toMatch(/evil|env|stainless/);
    const keyless = await play([good], { options: { api_key: null } });
    expect(keyless.asked[0]!.headers.authorization).toBeUndefined();
  } finally {
    for (const [name, value] of Object.entries(before))
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
  }
});
