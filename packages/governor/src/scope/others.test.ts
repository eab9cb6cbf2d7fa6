import { expect, test } from "bun:test";
import { covering, type OtherTask, riskOf, worstOf } from "./others.ts";

const other = (claims: string[], touched: string[] = []): OtherTask => ({
  task: "b",
  claims,
  touched: new Set(touched),
  scored: null,
});

const CHANGED = { path: "src/a.py", symbol: "Cart.total", users: [{ path: "src/b.py", unit: "pay" }] };

test.each<[what: string, others: OtherTask[], level: string, why: string | undefined]>([
  ["nobody else", [], "none", undefined],
  ["a task elsewhere", [other(["docs/"])], "none", undefined],
  ["another symbol of the file", [other(["src/a.py::Cart.size"])], "none", undefined],
  ["the file of a user", [other(["src/b.py"])], "low", 'may write "src/b.py", which refers to it'],
  ["the symbol's class", [other(["src/a.py::Cart"])], "medium", 'may write it by the claim "src/a.py::Cart"'],
  ["the file", [other(["src/**"])], "medium", 'may write it by the claim "src/**"'],
  ["the symbol is touched", [other([], ["src/a.py::Cart.total"])], "high", "has changed it, too"],
  ["a user is touched", [other([], ["src/b.py::pay"])], "high", 'has changed "src/b.py::pay", which refers to it'],
])("%s", (_what, others, level, why) => {
  const risk = riskOf(CHANGED, others);
  expect({ level: risk.level, why: risk.with[0]?.why }).toEqual({ level, why } as never);
});

test("the worst of all counts, and a claim on one symbol does not cover another", () => {
  expect(worstOf(["low", "high", "none"])).toBe("high");
  expect(worstOf([])).toBe("none");
  expect(covering(["a.py::f", "a.py::f.g", "b.py"], "a.py", "f.g")).toEqual(["a.py::f", "a.py::f.g"]);
  expect(covering(["a.py::f"], "a.py", "fg")).toEqual([]);
});
