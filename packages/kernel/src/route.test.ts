import { expect, test } from "bun:test";
import { chooseRoute } from "./route.ts";

const of = (...all: [model: string, cost_micros: number | null][]) =>
  chooseRoute(all.map(([model, cost_micros]) => ({ model, cost_micros })));

test("H6 the least cost is chosen, of equals the first, and what is free is the cheapest", () => {
  expect(of(["p/a", 5], ["p/b", 3], ["p/c", 3])).toEqual({ chosen: { model: "p/b", cost_micros: 3 }, why: "cheapest" });
  expect(of(["p/a", 5], ["p/free", 0]).chosen.model).toBe("p/free");
});

test("H6 what has no price is never the cheapest, and where nobody has one the order decides", () => {
  expect(of(["p/a", null], ["p/b", 9]).chosen.model).toBe("p/b");
  expect(of(["p/a", null], ["p/b", null])).toEqual({ chosen: { model: "p/a", cost_micros: null }, why: "unpriced" });
  expect(of(["p/a", null])).toEqual({ chosen: { model: "p/a", cost_micros: null }, why: "only" });
  expect(() => of()).toThrow("Nobody");
});
