import { expect, setDefaultTimeout, test } from "bun:test";
import { unitsIn } from "../testing/units_in.ts";
import { returnArity } from "./return_arity.ts";

setDefaultTimeout(60_000); // a grammar is compiled when it is first used

test.each<[body: string, arity: number | null]>([
  ["return a, b", 2],
  ["return (a, b, c)", 3],
  ["return (\n        a,\n        f(x, y),\n    )", 2],
  ["return a,", 1],
  ["return a", null],
  ["return f(a, b)", null],
  ["return (a), b", 2],
  ["return [a, b]", null],
  ["return *a, b", null],
  ["if a: return a, b\n    return b, a", 2],
  ["if a: return a, b\n    return None", null],
  ["def g():\n        return 1, 2, 3\n    return g, a", 2],
  ["pass", null],
])("%s", (body, arity) => {
  const text = `def f(a, b):\n    ${body}\n`;
  const [unit] = unitsIn("python", text);
  expect(returnArity(text, unit!)).toBe(arity);
});
