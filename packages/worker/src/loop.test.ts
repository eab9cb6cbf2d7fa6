import { expect, test } from "bun:test";
import { estimateTokens } from "./history.ts";
import { work } from "./loop.ts";
import type { Ask, Message, Model, ProviderFailure, Reply, Tokens } from "./model.ts";
import type { Forecast, Limits, Meter, Order, Outcome, Outside, ToolResult } from "./order.ts";

type Step = Reply | ProviderFailure | "hang";

const tokens: Tokens = { input: 10, output: 5, estimated: false };
const say = (text: string, finish: Reply["finish"] = "stop"): Reply => ({ text, calls: [], tokens, finish });
const call = (...tools: string[]): Reply => ({
  text: "",
  calls: tools.map((tool, at) => ({ id: `${tool}-${at}`, tool, input: `{"at":${at}}` })),
  tokens,
  finish: "calls",
});
const fails = (cause: ProviderFailure["cause"], retry_after_ms: number | null = null): ProviderFailure => ({
  ended: "provider",
  cause,
  detail: "as the test wants",
  retry_after_ms,
});

type Seen = { asks: Ask[]; ran: string[]; reserved: [number, Forecast][]; settled: [number, Tokens][] };
type Setup = { limits?: Partial<Limits>; results?: Record<string, ToolResult | "hang">; meter?: Partial<Meter> };

/** A world of plain values: a model that plays steps, a tool box that knows results by name. */
async function play(
  steps: readonly Step[],
  setup: Setup & { outside?: Partial<Outside>; messages?: readonly Message[] } = {},
): Promise<{ outcome: Outcome; seen: Seen }> {
  const seen: Seen = { asks: [], ran: [], reserved: [], settled: [] };
  const left = [...steps];
  const model: Model = {
    complete: async (ask) => {
      seen.asks.push(ask);
      const step = left.shift() ?? say("nothing more");
      return step === "hang" ? new Promise<Reply>(() => {}) : step;
    },
  };
  const done: ToolResult = { ok: true, text: "", ended: { outcome: "done", summary: "all of it" } };
  const results: Record<string, ToolResult | "hang"> = { done, ...setup.results };
  const outside: Outside = {
    model,
    tools: {
      specs: [{ name: "done", description: "end", parameters: {} }],
      call: async ({ tool }) => {
        seen.ran.push(tool);
        const result = results[tool] ?? { ok: true, text: `${tool} ran` };
        return result === "hang" ? new Promise<ToolResult>(() => {}) : result;
      },
    },
    meter: {
      reserve: async (n, wanted, signal) => {
        seen.reserved.push([n, wanted]);
        return setup.meter?.reserve ? setup.meter.reserve(n, wanted, signal) : { max_output: null };
      },
      settle: (n, used) => void seen.settled.push([n, used]),
    },
    now_ms: () => 0,
    signal: new AbortController().signal,
    ...setup.outside,
  };
  const order: Order = {
    messages: setup.messages ?? [{ role: "user", text: "go" }],
    ending: "done",
    limits: { turns: 9, warn_at: 6, time_ms: null, ...setup.limits },
  };
  return { outcome: await work(order, outside), seen };
}

const ended = (outcome: "done" | "incomplete" | "blocked"): Setup => ({
  results: { done: { ok: true, text: "", ended: { outcome, summary: "why" } } },
});
const talk = say("I think it works");

// biome-ignore format: a table reads by its columns
test.each<[string, Step[], Setup, Outcome]>([
  ["done",                  [call("read_file"), call("done")],              {},                  { ended: "done", summary: "all of it" }],
  ["incomplete",            [call("done")],                                 ended("incomplete"), { ended: "incomplete", summary: "why" }],
  ["blocked",               [call("done")],                                 ended("blocked"),    { ended: "blocked", summary: "why" }],
  ["talk only",             [talk, talk, talk],                             {},                  { ended: "stuck", after_turns: 3 }],
  ["a call resets talk",    [talk, talk, call("a"), talk, talk, call("done")], {},               { ended: "done", summary: "all of it" }],
  ["turns",                 [call("a"), call("a"), call("a")],              { limits: { turns: 2 } }, { ended: "turns", turns: 2 }],
  ["no turns",              [],                                             { limits: { turns: 0 } }, { ended: "turns", turns: 0 }],
  ["refused ending, turns", [call("done"), call("done")],                   { limits: { turns: 2 }, results: { done: { ok: false, text: "red" } } }, { ended: "turns", turns: 2 }],
  ["budget",                [call("a"), call("a")],                         { meter: { reserve: async (n) => (n < 2 ? { max_output: null } : null) } }, { ended: "budget" }],
  ["rate limit",            [fails("rate_limit", 5000)],                    {},                  fails("rate_limit", 5000)],
  ["key refused",           [call("a"), fails("auth")],                     {},                  fails("auth")],
  ["too long, and is short",[fails("context_length")],                      {},                  fails("context_length")],
  ["model hangs",           ["hang"],                                       { limits: { time_ms: 5 } }, { ended: "timeout", after_ms: 0 }],
  ["tool hangs",            [call("a")],                                    { limits: { time_ms: 5 }, results: { a: "hang" } }, { ended: "timeout", after_ms: 0 }],
])("an attempt ends: %s", async (_name, steps, setup, outcome) => {
  expect((await play(steps, setup)).outcome).toEqual(outcome);
});

test("calls before the ending call run, calls after it are dropped", async () => {
  const { seen } = await play([call("edit_file", "done", "write_file")]);
  expect(seen.ran).toEqual(["edit_file", "done"]);
});

test("after a refused ending every call has an answer, and the attempt goes on", async () => {
  const results = { done: { ok: false, text: "the required check is red" } };
  const { seen, outcome } = await play([call("done", "write_file"), call("finish")], {
    results: { ...results, finish: { ok: true, text: "", ended: { outcome: "done", summary: "at last" } } },
  });
  expect(seen.ran).toEqual(["done", "finish"]);
  expect(outcome).toEqual({ ended: "done", summary: "at last" });
  const answers = seen.asks[1]!.messages.filter((message) => message.role === "tool");
  expect(answers.map((message) => [message.id, message.text.slice(0, 12)])).toEqual([
    ["done-0", "the required"],
    ["write_file-1", "Not run: it "],
  ]);
});

test("the nudge names the ending tool, and a reply that was cut off is told to go on", async () => {
  const { seen } = await play([talk, say("half a tho", "length"), call("done")]);
  const heard = seen.asks[2]!.messages.filter((message) => message.role === "user").map((message) => message.text);
  expect(heard).toEqual(["go", expect.stringContaining("call `done`"), expect.stringContaining("cut off")]);
});

test("the last call of a reply that was cut off is not run", async () => {
  const { seen } = await play([{ ...call("read_file", "write_file"), finish: "length" }, call("done")]);
  expect(seen.ran).toEqual(["read_file", "done"]);
  expect(seen.asks[1]!.messages.at(-1)).toMatchObject({ role: "tool", tool: "write_file", id: "write_file-1" });
});

test("C9 limits are announced once each as the user, and the last two turns must end", async () => {
  const { seen } = await play(new Array(6).fill(call("a")), { limits: { turns: 6, warn_at: 3 } });
  expect(seen.asks.map(({ must_call }) => must_call)).toEqual([null, null, null, null, "done", "done"]);
  const heard = seen.asks[5]!.messages.filter((message) => message.role === "user").map((message) => message.text);
  expect(heard).toEqual(["go", expect.stringContaining("2 of 6 turns"), expect.stringContaining("Only 2 turns")]);
  expect(seen.asks[5]!.messages.some((message) => message.role === "system")).toBe(false);
});

test("each call is reserved with what it may cost and settled with what it did", async () => {
  const { seen } = await play([{ ...call("a"), tokens: { input: 7, output: 400, estimated: false } }, call("done")]);
  expect(seen.settled).toEqual([
    [1, { input: 7, output: 400, estimated: false }],
    [2, tokens],
  ]);
  const [first, second] = seen.reserved.map(([, forecast]) => forecast);
  expect(first?.input).toBeGreaterThan(0);
  expect(second).toMatchObject({ output: 400, again: false }); // the widest reply so far is the forecast of the next
});

// biome-ignore format: a table reads by its columns
test.each<[string, Step, boolean]>([
  ["a broken stream", fails("network"),      true],
  ["garbage",         fails("garbage"),      true],
  ["a hang",          "hang",                true],
  ["a refused key",   fails("auth"),         false],
  ["a rate limit",    fails("rate_limit"),   false],
])("a call that failed is settled too: %s", async (_name, step, may_be_billed) => {
  const { seen } = await play([step], { limits: { time_ms: 5 } });
  const input = may_be_billed ? estimateTokens(seen.asks[0]!.messages, seen.asks[0]!.tools) : 0;
  expect(seen.settled).toEqual([[1, { input, output: 0, estimated: true }]]);
});

test("a failure that knows its tokens is settled with them", async () => {
  const known = { input: 3, output: 4, estimated: true };
  const { seen } = await play([{ ...fails("network"), tokens: known }]);
  expect(seen.settled).toEqual([[1, known]]);
});

test("a call that may not have more than so long a reply says so to the provider", async () => {
  const { seen } = await play([call("done")], { meter: { reserve: async () => ({ max_output: 70 }) } });
  expect(seen.asks.map(({ max_output }) => max_output)).toEqual([70]);
});

test("what the provider has counted is known, and the next call is reserved by it", async () => {
  const counted = { ...call("a"), tokens: { input: 5_000, output: 1, estimated: false } };
  const { seen } = await play([counted, call("done")]);
  const second = seen.reserved[1]![1].input;
  expect(second).toBeGreaterThan(5_000);
  expect(second).toBeLessThan(5_500);
  const guessed = await play([{ ...counted, tokens: { ...counted.tokens, estimated: true } }, call("done")]);
  expect(guessed.seen.reserved[1]![1].input).toBeLessThan(1_000);
});

test("an attempt that is over no longer waits for a call to be paid for", async () => {
  let told: AbortSignal | null = null;
  const reserve: Meter["reserve"] = (_n, _forecast, signal) => {
    told = signal;
    return new Promise(() => {});
  };
  const { outcome } = await play([], { meter: { reserve }, limits: { time_ms: 5 } });
  expect(outcome.ended).toBe("timeout");
  expect(told).toMatchObject({ aborted: true });
});

test("a call that was not reserved is not sent", async () => {
  const { seen } = await play([], { meter: { reserve: async () => null } });
  expect(seen.asks).toEqual([]);
  expect(seen.settled).toEqual([]);
});

test("the clock is read between calls", async () => {
  let now = 0;
  const { outcome, seen } = await play([call("a"), call("a")], {
    limits: { time_ms: 60_000 },
    outside: { now_ms: () => (now += 25_000) },
  });
  expect(outcome.ended).toBe("timeout");
  expect(seen.ran.length).toBeLessThan(2);
});

test("the caller's signal ends a pending call, and reaches the model", async () => {
  const stop = new AbortController();
  setTimeout(() => stop.abort(), 5);
  const { outcome, seen } = await play(["hang"], { outside: { signal: stop.signal } });
  expect(outcome).toEqual({ ended: "cancelled" });
  expect(seen.asks[0]!.signal.aborted).toBe(true);
});

test("a caller who has already stopped is not asked for anything", async () => {
  const { outcome, seen } = await play([call("done")], { outside: { signal: AbortSignal.abort() } });
  expect(outcome).toEqual({ ended: "cancelled" });
  expect(seen.asks).toEqual([]);
});

test("a refused length is tried once more with a shorter history", async () => {
  const results = { big: { ok: true, text: "x".repeat(50_000) } };
  const steps = [call("big"), call("big"), fails("context_length"), call("done")];
  const { outcome, seen } = await play(steps, { results });
  expect(outcome.ended).toBe("done");
  expect(seen.reserved.map(([n, { again }]) => [n, again])).toEqual([
    [1, false],
    [2, false],
    [3, false],
    [4, true],
  ]);
  expect(JSON.stringify(seen.asks[3]!.messages).length).toBeLessThan(10_000);
  const twice = await play([...steps.slice(0, 3), fails("context_length")], { results });
  expect(twice.outcome).toEqual(fails("context_length"));
});

test("C9 the history never outgrows its limit by old results", async () => {
  const results = { big: { ok: true, text: "x".repeat(10_000) } };
  const { seen } = await play(new Array(40).fill(call("big")), {
    results,
    limits: { turns: 40, context_chars: 100_000 },
  });
  for (const { messages } of seen.asks) expect(JSON.stringify(messages).length).toBeLessThan(130_000);
});
