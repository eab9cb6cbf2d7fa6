import { expect, test } from "bun:test";
import { lowest, withBudget } from "./budget.ts";
import { parseProject, withLimits } from "./config.ts";

function limitsIn(text: string) {
  const { project } = parseProject("/r", new TextEncoder().encode(text));
  if (!project) throw new Error("The text is no project");
  return { run: project.limits.run, ...project.limits.budget };
}

const RUN_LIMITS = { calls: null, tokens: null, turns: null, cost_micros: null, wall_ms: null };

test("prices are read by their digits, of a model whose name has slashes too", () => {
  const { prices } = limitsIn(
    `[providers.p]\nbase_url = "u"\napi_key_env = "K"\n[prices."p/org/m"]\ninput = 0.1\noutput = "0.30"\n[prices."p/n"]\ninput = 3\ncached_input = 0.3\noutput = 15`,
  );
  expect(prices).toEqual({
    "p/org/m": { input: 100_000, cached: 100_000, output: 300_000 },
    "p/n": { input: 3_000_000, cached: 300_000, output: 15_000_000 },
  });
});

test("a budget is read into whole numbers", () => {
  const { run, task, currency, output_tokens } = limitsIn(
    `[budget]\ncurrency = "EUR"\nmoney = "2.50"\nminutes = 1.5\noutput_tokens = 100\n[budget.task]\nmoney = 0.1\nturns = 9`,
  );
  expect({ run, task, currency, output_tokens }).toEqual({
    currency: "EUR",
    output_tokens: 100,
    run: { ...RUN_LIMITS, cost_micros: 2_500_000, wall_ms: 90_000 },
    task: { ...RUN_LIMITS, cost_micros: 100_000, turns: 9 },
  });
});

// biome-ignore format: a table reads by its columns
test.each<[string, string, string[]]>([
  ["a price of no provider",      `[prices."q/m"]\ninput = 1\noutput = 1`,                     ["price_unknown"]],
  ["a price of no model",         `[prices.scripted]\ninput = 1\noutput = 1`,                  ["price_unknown"]],
  ["a price finer than we count", `[prices."scripted/m"]\ninput = 0.0000001\noutput = 1`,      ["value_invalid"]],
  ["a price below nothing",       `[prices."scripted/m"]\ninput = -1\noutput = 1`,             ["value_invalid"]],
  ["no price for output",         `[prices."scripted/m"]\ninput = 1`,                          ["value_invalid"]],
  ["a currency by its sign",      `[budget]\ncurrency = "€"`,                                  ["value_invalid"]],
  ["dollars among euros",         `[budget]\ncurrency = "EUR"\n[limits]\ncost_usd = 1`,        ["currency_mixed"]],
  ["dollars alone",               `[budget]\ncurrency = "USD"\n[limits]\ncost_usd = 1`,        []],
  ["euros alone",                 `[budget]\ncurrency = "EUR"\nmoney = 1`,                     []],
])("%s", (_, text, codes) => {
  const { places } = parseProject("/r", new TextEncoder().encode(text));
  expect(places.map(({ code }) => code)).toEqual(codes);
});

test("a plan's limits stand before the project's", () => {
  const { project } = parseProject("/r", new TextEncoder().encode("[limits]\ncalls = 5\nretries = 2"));
  const limits = project!.limits;
  expect(withLimits(limits, { calls: 1, wall_s: 2 })).toMatchObject({
    run: { calls: 1, wall_ms: 2000, tokens: null },
    retries: 2,
  });
  expect(withLimits(limits, {})).toEqual(limits);
});

test("of ceilings the lowest holds, whoever set it", () => {
  const { project } = parseProject("/r", new TextEncoder().encode("[budget]\ncalls = 5\ntask = { turns = 3 }"));
  const { run, budget } = withBudget(project!.limits, { calls: 9, tokens: 7, task: { turns: 2, money: "0.5" } });
  expect(run).toMatchObject({ calls: 5, tokens: 7 });
  expect(budget.task).toMatchObject({ turns: 2, cost_micros: 500_000, calls: null });
  expect(lowest({ ...RUN_LIMITS, calls: 0 }, { ...RUN_LIMITS, calls: 3 }).calls).toBe(0);
});
