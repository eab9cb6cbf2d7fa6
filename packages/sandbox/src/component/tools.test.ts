import { expect, test } from "bun:test";
import { SCOPE } from "../../../../test/lab.ts";
import { inputSchema, parseInput } from "../input.ts";
import { toolsFor } from "../registry.ts";
import type { Host, Scope } from "../tool.ts";
import type { ToolComponent } from "./component.ts";
import type { ComponentAnswer, ComponentOrder } from "./order.ts";
import { componentTools, inputOf } from "./tools.ts";

const COUNT: ToolComponent = {
  name: "count",
  kind: "tool",
  folder: "/nowhere",
  files: {},
  clock: false,
  timeout_ms: 1,
  memory_bytes: 1,
  description: "Counts",
  write: false,
  parameters: {
    type: "object",
    properties: { path: { type: "string", description: "A file" } },
    required: ["path"],
    additionalProperties: false,
  },
};
const scopeOf = (role: Scope["role"]): Scope => ({
  ...SCOPE,
  role,
  components: [COUNT, { ...COUNT, name: "put", write: true }],
});
const namesFor = (role: Scope["role"]) => toolsFor(scopeOf(role)).map(({ name }) => name);

test("a tool that may write is a worker's alone, and what ends the work stays last", () => {
  expect(namesFor("worker").slice(-3)).toEqual(["count", "put", "done"]);
  for (const role of ["researcher", "reviewer"] as const) expect(namesFor(role).slice(-2)).toEqual(["count", "done"]);
  for (const role of ["researcher", "reviewer", "planner"] as const) expect(namesFor(role)).not.toContain("put");
  expect(toolsFor(SCOPE).map(({ name }) => name)).not.toContain("count");
});

test("the model is shown what the component says of its input, and held to it", () => {
  const [tool] = componentTools(scopeOf("worker"));
  if (!tool) throw new Error("There is no tool");
  expect(inputSchema(tool)).toEqual({ ...COUNT.parameters });
  expect(parseInput(tool, '{"path":"a"}', null)).toEqual({ ok: true, input: { path: "a" } });
  expect(parseInput(tool, "{}", null)).toMatchObject({ ok: false, text: expect.stringContaining('"path" is missing') });
  expect(parseInput(tool, '{"path":1}', null).ok).toBe(false);
  expect(parseInput(tool, '{"path":"a","more":1}', null).ok).toBe(false);
});

test.each([[{ type: "string" }], [{}], [{ type: "object", properties: { a: { type: "colour" } } }]])(
  "%j is no input of a tool",
  (parameters) => {
    expect(() => inputOf(parameters)).toThrow();
  },
);

const nested = (levels: number): object =>
  levels === 0 ? {} : { type: "object", properties: { a: nested(levels - 1) } };
const doubled = Object.fromEntries(
  Array.from({ length: 40 }, (_, n) => [
    `d${n}`,
    { type: "array", items: { anyOf: [{ $ref: `#/$defs/d${n + 1}` }, { $ref: `#/$defs/d${n + 1}` }] } },
  ]),
);

test.each<[string, object, RegExp]>([
  ["that is itself", { $ref: "#" }, /back to itself/],
  [
    "with a part that is itself",
    { properties: { a: { $ref: "#/$defs/x" } }, $defs: { x: { $ref: "#/$defs/x" } } },
    /back/,
  ],
  ["with itself in it", { properties: { a: { $ref: "#" } } }, /back to itself/],
  ["without bottom", nested(3_000), /deeper than 64/],
  ["that unfolds", { properties: { a: { $ref: "#/$defs/d0" } }, $defs: { ...doubled, d40: {} } }, /10000 parts|deeper/],
  ["with a pattern", { properties: { a: { type: "string", pattern: "^(a+)+$" } } }, /regular expression/],
  ["with patterns of names", { patternProperties: { "^(a+)+$": {} } }, /regular expression/],
])("an input %s would keep the governor busy", (_, schema, why) => {
  expect(() => inputOf({ type: "object", ...schema })).toThrow(why);
});

test.each([
  { properties: { pattern: { type: "string" }, $ref: { type: "string" }, patternProperties: { type: "number" } } },
  { properties: { a: { $ref: "#/$defs/a~1b" }, b: { $ref: "#/$defs/a~1b" } }, $defs: { "a/b": { type: "string" } } },
  { properties: { a: { type: "object", default: { pattern: "x" } } } },
  nested(20),
])("%j is as good an input as any", (schema) => {
  expect(() => inputOf({ type: "object", ...schema })).not.toThrow();
});

test.each<[ComponentAnswer, object]>([
  [
    { ok: true, text: "3", touched: ["a"], refused: [] },
    { ok: true, text: "3", touched: ["a"] },
  ],
  [
    { ok: true, text: "3", touched: [], refused: ['Cannot see "b": not claimed'] },
    { ok: true, text: '3\nRefused to the component: Cannot see "b": not claimed', touched: [] },
  ],
  [
    { ok: false, cause: "error", why: "no such word", touched: [], refused: [] },
    { ok: false, text: "Error: no such word", touched: [] },
  ],
  [
    { ok: false, cause: "timeout", why: "it was ended", touched: [], refused: [] },
    { ok: false, text: 'Error: Cannot run the component of "count": it was ended', touched: [] },
  ],
  [
    { ok: false, cause: "error", why: "no", touched: [], refused: ["Cannot x"] },
    { ok: false, text: "Error: no\nRefused to the component: Cannot x", touched: [], refused_by: "claim" },
  ],
  [
    // What was refused did not happen, and this did: settlement must hear of what it touched.
    { ok: false, cause: "error", why: "no", touched: ["a"], refused: ["Cannot x"] },
    { ok: false, text: "Error: no\nRefused to the component: Cannot x", touched: ["a"] },
  ],
])("%j is told as %j", async (answer, told) => {
  const [tool] = componentTools(scopeOf("worker"));
  const asked: ComponentOrder[] = [];
  const component = async (order: ComponentOrder) => {
    asked.push(order);
    return answer;
  };
  // A component's tool asks for nothing else of its host.
  expect(await tool?.run({ path: "a" }, { scope: SCOPE, component } as unknown as Host)).toEqual(told as never);
  expect(asked).toMatchObject([{ do: "call", input: '{"path":"a"}', write: false, component: { name: "count" } }]);
});
