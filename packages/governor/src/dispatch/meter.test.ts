import { expect, test } from "bun:test";
import { type RunLimits, TaskId } from "@dgov/kernel";
import type { Forecast, Price } from "@dgov/worker";
import { eventsIn, sessionOf, WORKER } from "../testing/site.ts";
import { meterOf } from "./meter.ts";

const A = TaskId.parse("core/main.a");
const B = TaskId.parse("core/main.b");
/** 2 for a million in, 1 from the cache, 8 out. */
const PRICE: Price = { input: 2_000_000, cached: 1_000_000, output: 8_000_000 };
const NONE: RunLimits = { calls: null, tokens: null, cost_micros: null, wall_ms: null };
const NEVER = new AbortController().signal;
const asking = (input: number, output = 0): Forecast => ({ input, output, again: false });

type Held = { own?: Partial<RunLimits>; price?: Price | null; output_tokens?: number };

function purse(limits: Partial<RunLimits>, { own, price = PRICE, output_tokens = 5_000 }: Held = {}) {
  const made = sessionOf([{ id: A, ...(own ? { limits: { ...NONE, ...own } } : {}) }, { id: B }], {
    limits: { ...NONE, ...limits },
  });
  const caller = { role: "worker", model: "p/m", price };
  const meter = (task: TaskId) => meterOf(made.session, { task, attempt: 1, caller, output_tokens });
  for (const task of [A, B])
    made.session.record({
      kind: "task_dispatched",
      task,
      attempt: 1,
      base: "0".repeat(40),
      ...WORKER,
      carried_from: null,
    });
  return { ...made, meter: meter(A), other: meter(B) };
}

test("a call is reserved at the most it can cost, with who makes it and at what price, and settled at what it used", async () => {
  const { meter, log, session } = purse({});
  expect(await meter.reserve(1, asking(1_000, 100), NEVER)).toEqual({ max_output: null });
  expect(eventsIn(log).at(-1)).toMatchObject({
    ...{ kind: "call_reserved", tokens: 1_100, cost_micros: 2_800 },
    caller: { role: "worker", model: "p/m", price: PRICE },
  });
  meter.settle(1, { input: 900, output: 50, cached: 400, estimated: false }, 12.6, "x".repeat(5_000));
  expect(session.run.spent).toMatchObject({ calls: 1, turns: 1, tokens: 950, cost_micros: 1_800 });
  const settled = eventsIn(log).at(-1);
  expect(settled).toMatchObject({ kind: "call_settled", took_ms: 13, counted_by: "provider" });
  expect(settled?.kind === "call_settled" && settled.usage.cached_tokens).toBe(400);
  expect(settled?.kind === "call_settled" && settled.said.length).toBe(4_001);
});

test("a call that nobody has counted is told as an estimate", async () => {
  const { meter, log } = purse({});
  await meter.reserve(1, asking(10), NEVER);
  meter.settle(1, { input: 10, output: 0, estimated: true }, 1, "");
  expect(eventsIn(log).at(-1)).toMatchObject({ counted_by: "estimate" });
});

// biome-ignore format: a table reads by its columns
test.each<[string, Partial<RunLimits>, number | null]>([
  ["no ceiling on tokens or money",         { calls: 9 },             null],
  ["plenty",                                { tokens: 100_000 },      5_000],
  ["tokens for half a reply",               { tokens: 3_500 },        2_500],
  ["money for half a reply",                { cost_micros: 22_000 },  2_498],
  ["the lower of both",                     { cost_micros: 22_000, tokens: 3_000 }, 2_000],
])("a reply is held to what is left: %s", async (_, limits, max_output) => {
  const { meter, session } = purse(limits);
  expect(await meter.reserve(1, asking(1_000), NEVER)).toEqual({ max_output });
  const [held] = session.run.spent.reserved.values();
  expect(held?.cost_micros).toBeLessThanOrEqual(limits.cost_micros ?? Number.POSITIVE_INFINITY);
});

// biome-ignore format: a table reads by its columns
test.each<[string, Partial<RunLimits>, boolean]>([
  ["money that is just enough",              { cost_micros: 10_000 }, true],
  ["money that the shortest reply is over",  { cost_micros: 9_999 },  false],
  ["tokens that are just enough",            { tokens: 2_000 },       true],
  ["a token too many",                       { tokens: 1_999 },       false],
  ["no calls left",                          { calls: 0 },            false],
  ["no turns left",                          { turns: 0 },            false],
  ["no time left",                           { wall_ms: 0 },          false],
])("of the run and of the task alike: %s", async (_, limits, sent) => {
  for (const of of ["run", "task"] as const) {
    const { meter, log, clock } = of === "run" ? purse(limits) : purse({}, { own: limits });
    clock.now_ms = 1;
    expect((await meter.reserve(1, asking(1_000), NEVER)) !== null).toBe(sent);
    expect(eventsIn(log).at(-1)?.kind).toBe(sent ? "call_reserved" : "task_dispatched");
    expect(meter.short()?.of ?? null).toBe(sent ? null : of);
  }
});

test("a further call of one turn is no further turn", async () => {
  const { meter, session } = purse({ turns: 1 });
  await meter.reserve(1, asking(1), NEVER);
  meter.settle(1, { input: 1, output: 1, estimated: false }, 1, "");
  expect(await meter.reserve(2, { ...asking(1), again: true }, NEVER)).not.toBeNull();
  expect(session.run.spent).toMatchObject({ calls: 1, turns: 1 });
  expect(await meter.reserve(3, asking(1), NEVER)).toBeNull();
  expect(meter.short()).toEqual({ of: "run", limit: "turns", most: 1, spent: 1, asked: 1 });
});

test("a task's ceiling is its own: another task goes on", async () => {
  const { meter, other } = purse({}, { own: { calls: 0 } });
  expect(await meter.reserve(1, asking(1), NEVER)).toBeNull();
  expect(await other.reserve(1, asking(1), NEVER)).not.toBeNull();
});

test("two do not share what is left for one: the second waits for the first, and is told no when that used it up", async () => {
  const { meter, other } = purse({ tokens: 7_000 });
  expect(await meter.reserve(1, asking(2_000), NEVER)).toEqual({ max_output: 5_000 });
  const waiting = other.reserve(1, asking(2_000), NEVER);
  expect(await Promise.race([waiting, Bun.sleep(20).then(() => "waits")])).toBe("waits");
  meter.settle(1, { input: 1_500, output: 500, estimated: false }, 1, "");
  expect(await waiting).toEqual({ max_output: 3_000 });
  const again = meter.reserve(2, asking(2_000), NEVER);
  other.settle(1, { input: 2_000, output: 3_000, estimated: false }, 1, "");
  expect(await again).toBeNull();
});

test("who waits for money when its attempt ends reserves nothing any more", async () => {
  const { meter, other, session } = purse({ calls: 1 });
  await meter.reserve(1, asking(1), NEVER);
  const stop = new AbortController();
  const waiting = other.reserve(1, asking(1), stop.signal);
  stop.abort();
  session.record({ kind: "attempt_failed", task: B, attempt: 1, cause: "interrupted", detail: "", kept: null });
  expect(await waiting).toBeNull();
});
