import { expect, test } from "bun:test";
import type { Event, EventOf } from "@dgov/kernel";
import { costOf } from "./cost.ts";
import { called, dispatched, ONE, RUN, started, stored, TWO } from "./testing/sample_run.ts";

const PRICE = { input: 2_000_000, cached: 500_000, output: 8_000_000 };
type Usage = EventOf<"call_settled">["usage"];
const usage = (input_tokens: number, cached_tokens: number, output_tokens: number): Usage => {
  const cost_micros = (input_tokens - cached_tokens) * 2 + cached_tokens / 2 + output_tokens * 8;
  return { input_tokens, cached_tokens, output_tokens, cost_micros };
};

function call(
  task: typeof ONE,
  n: number,
  used: Usage | null,
  { model = "p/m", price = PRICE as typeof PRICE | null, role = "worker" } = {},
): Event[] {
  const of = { task, attempt: 1, call: n };
  const caller = { role, model, price };
  const open: Event = { kind: "call_reserved", ...of, tokens: 900, cost_micros: price ? 7_200 : 0, caller };
  if (!used) return [open];
  return [open, { kind: "call_settled", ...of, usage: used, counted_by: "provider", took_ms: 3, said: "" }];
}

const free = { input_tokens: 50, output_tokens: 5, cost_micros: 0 };
const EVENTS = stored([
  started({ currency: "EUR" }),
  dispatched(ONE),
  dispatched(TWO),
  ...call(ONE, 1, usage(100, 40, 10)),
  ...call(ONE, 2, usage(200, 160, 20)),
  ...call(TWO, 1, usage(10, 0, 1), { model: "p/big", role: "reviewer" }),
  ...call(TWO, 2, free, { model: "q/own", price: null }),
]);

test("H1 the sum is that of the calls, by whatever they are summed", () => {
  const total = { calls: 4, input_tokens: 360, cached_tokens: 200, output_tokens: 36, cost_micros: 220 + 320 + 28 };
  for (const by of ["task", "model", "role", "attempt"] as const) {
    const cost = costOf(RUN, EVENTS, by);
    expect(cost.total).toEqual({ ...total, unpriced_calls: 1, unsettled_calls: 0 });
    expect(cost.rows.reduce((sum, row) => sum + row.calls, 0)).toBe(4);
    expect(cost.rows.reduce((sum, row) => sum + (row.cost_micros ?? 0), 0)).toBe(568);
  }
  const keys = (by: "task" | "model" | "role" | "attempt") => costOf(RUN, EVENTS, by).rows.map(({ key }) => key);
  expect(keys("task")).toEqual([ONE, TWO]);
  expect(keys("model")).toEqual(["p/m", "p/big", "q/own"]);
  expect(keys("role")).toEqual(["worker", "reviewer"]);
  expect(keys("attempt")).toEqual([`${ONE}#1`, `${TWO}#1`]);
});

test("H1 a model without a price is unpriced, and not free", () => {
  const { rows, calls } = costOf(RUN, EVENTS, "model");
  expect(rows[2]).toMatchObject({ key: "q/own", cost_micros: null, unpriced_calls: 1 });
  expect(calls.at(-1)).toMatchObject({ cost_micros: null, price: null });
  const nothing = { input: 0, cached: 0, output: 0 };
  const given = stored([started(), dispatched(ONE), ...call(ONE, 1, free, { price: nothing })]);
  expect(costOf(RUN, given, "model").rows).toMatchObject([{ cost_micros: 0, unpriced_calls: 0 }]);
});

test("H5 what each call cost can be calculated again from its tokens and its price, and says who counted", () => {
  for (const { price, cost_micros, decided_by, ...tokens } of costOf(RUN, EVENTS, "task").calls) {
    expect(decided_by).toBe("provider");
    if (!price) continue;
    const cached = tokens.cached_tokens ?? 0;
    const micros =
      (tokens.input_tokens - cached) * price.input + cached * price.cached + tokens.output_tokens * price.output;
    expect(cost_micros).toBe(Math.ceil(micros / 1e6));
  }
});

test("a call that was never settled counts as the most it can have cost", () => {
  const events = stored([started(), dispatched(ONE), ...call(ONE, 1, null)]);
  const { total, calls } = costOf(RUN, events, "task");
  expect(total).toMatchObject({ calls: 1, input_tokens: 900, cost_micros: 7_200, unsettled_calls: 1 });
  expect(calls).toMatchObject([{ decided_by: "reserve" }]);
});

test("a log from before calls said who made them is told by what the dispatch says", () => {
  const events = stored([started(), dispatched(ONE), ...called(ONE, 1)]);
  expect(costOf(RUN, events, "model").rows).toMatchObject([{ key: "scripted/model", cost_micros: 2_500 }]);
  expect(costOf(RUN, events, "role").rows).toMatchObject([{ key: "worker" }]);
});

test("a run without a call has cost nothing", () => {
  expect(costOf(RUN, stored([started()]), "task")).toMatchObject({ rows: [], total: { calls: 0, cost_micros: 0 } });
});
