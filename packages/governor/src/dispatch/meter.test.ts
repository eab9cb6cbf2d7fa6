import { expect, test } from "bun:test";
import { TaskId } from "@dgov/kernel";
import { eventsIn, sessionOf, WORKER } from "../testing/site.ts";
import { meterOf } from "./meter.ts";

const A = TaskId.parse("core/main.a");
const PRICE = { input_per_mtok_usd: 2, output_per_mtok_usd: 8 };
const NONE = { calls: null, tokens: null, cost_micros: null, wall_ms: null };

function purse(limits: Partial<typeof NONE | Record<keyof typeof NONE, number>>, price: typeof PRICE | null = PRICE) {
  const made = sessionOf([{ id: A }], { limits: { ...NONE, ...limits } });
  const of = { task: A, attempt: 1 };
  made.session.record({ kind: "task_dispatched", ...of, base: "0".repeat(40), ...WORKER, carried_from: null });
  return { ...made, meter: meterOf(made.session, of, price) };
}

test("a call is reserved at the dearer of both rates, and settled at what it used", () => {
  const { meter, log, session } = purse({});
  expect(meter.reserve(1, 1_000)).toBe(true);
  expect(eventsIn(log).at(-1)).toMatchObject({ kind: "call_reserved", tokens: 1_000, cost_micros: 8_000 });
  meter.settle(1, { input: 900, output: 50, estimated: false }, 12.6, "x".repeat(5_000));
  expect(session.run.spent).toMatchObject({ calls: 1, tokens: 950, cost_micros: 2_200 });
  const settled = eventsIn(log).at(-1);
  expect(settled).toMatchObject({ kind: "call_settled", took_ms: 13 });
  expect(settled?.kind === "call_settled" && settled.said.length).toBe(4_001);
});

test.each<[string, Parameters<typeof purse>[0], number, boolean]>([
  ["money that is just enough", { cost_micros: 8_000 }, 1_000, true],
  ["money that the dearer rate would go over", { cost_micros: 7_999 }, 1_000, false],
  ["tokens that are just enough", { tokens: 1_000 }, 1_000, true],
  ["a token too many", { tokens: 999 }, 1_000, false],
  ["no calls left", { calls: 0 }, 1, false],
  ["no time left", { wall_ms: 0 }, 1, false],
])("%s", (_, limits, tokens, sent) => {
  const { meter, log, clock } = purse(limits);
  clock.now_ms = 1;
  expect(meter.reserve(1, tokens)).toBe(sent);
  expect(eventsIn(log).at(-1)?.kind).toBe(sent ? "call_reserved" : "task_dispatched");
});

test("calls in flight count as what they may cost, so that two do not share what is left for one", () => {
  const { meter } = purse({ cost_micros: 12_000 });
  expect([meter.reserve(1, 1_000), meter.reserve(2, 1_000)]).toEqual([true, false]);
});
