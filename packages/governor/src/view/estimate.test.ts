import { expect, test } from "bun:test";
import { TaskId } from "@dgov/kernel";
import type { CallCost } from "./cost.ts";
import { type Estimated, estimate } from "./estimate.ts";

const PRICE = { input: 1_000_000, cached: 0, output: 2_000_000 };
const task = (slug: string) => TaskId.parse(`core/main.${slug}`);
const call = (slug: string, input_tokens: number, more: Partial<CallCost> = {}): CallCost => ({
  ...{ task: task(slug), attempt: 1, call: 1, role: "worker", model: "p/m", at_ms: 0, price: PRICE },
  ...{ input_tokens, cached_tokens: null, output_tokens: 10, cost_micros: 0, decided_by: "provider" },
  ...more,
});
const asked = (slug: string, more: Partial<Estimated> = {}): Estimated => ({
  ...{ task: task(slug), role: "worker", model: "p/m", price: PRICE },
  ...more,
});
const told = (one: Estimated, past: readonly (readonly CallCost[])[]) =>
  estimate([one], past, (tokens, price) => tokens.input_tokens * price.input + tokens.output_tokens * price.output)[0];

const PAST = [
  [call("a", 100), call("a", 50, { call: 2 }), call("b", 1_000)],
  [call("a", 300), call("c", 9, { role: "reviewer", model: "p/small" })],
];

// biome-ignore format: a table reads by its columns
test.each<[string, Estimated, string | null, number, number | null]>([
  ["the task itself",                 asked("a"),                                          "task",  2, 300],
  ["its model and role",              asked("x"),                                          "model", 3, 300],
  ["its role, by another model",      asked("x", { model: "q/n" }),                        "role",  3, 300],
  ["the same task by another model",  asked("a", { model: "p/small", role: "reviewer" }),  "model", 1, 9],
  ["nothing like it",                 asked("x", { role: "researcher" }),                  null,    0, null],
])("a task is estimated by %s", (_, one, like, samples, input_tokens) => {
  expect(told(one, PAST)).toMatchObject({ like, samples, input_tokens });
});

test("attempts and calls of one run are one sample, and the price is that of today", () => {
  expect(told(asked("a"), [PAST[0]!])).toMatchObject({ calls: 2, input_tokens: 150, output_tokens: 20 });
  expect(told(asked("a"), [PAST[0]!])?.cost_micros).toBe(190_000_000);
});

test("what reviewers of a task used is none of its worker's, nor the other way round", () => {
  const past = [[call("a", 100), call("a", 7, { call: 2, role: "reviewer", model: "q/elm" })]];
  expect(told(asked("a"), past)).toMatchObject({ like: "task", input_tokens: 100, calls: 1 });
  expect(told(asked("a", { role: "reviewer", model: "q/elm" }), past)).toMatchObject({ like: "task", input_tokens: 7 });
  expect(told(asked("b", { role: "reviewer", model: "q/yew" }), past)).toMatchObject({ like: "role", input_tokens: 7 });
});

test("without a price the tokens are told and the money is not", () => {
  expect(told(asked("a", { price: null }), PAST)).toMatchObject({ input_tokens: 300, cost_micros: null });
});
