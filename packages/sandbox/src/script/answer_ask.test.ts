import { afterEach, expect, test } from "bun:test";
import { type Lab, openLab } from "../../../../test/lab.ts";
import type { ToolComponent } from "../component/component.ts";
import type { ComponentAnswer, ComponentOrder } from "../component/order.ts";
import { runTool } from "../registry.ts";
import { answerAsk } from "./answer_ask.ts";

const LOOK: ToolComponent = {
  ...{ name: "look", kind: "tool", description: "Looks", folder: "/nowhere", files: {}, clock: false, write: false },
  ...{ timeout_ms: 5_000, memory_bytes: 1, parameters: { type: "object" } },
};
const labs: Lab[] = [];
afterEach(() => {
  for (const lab of labs.splice(0)) lab.remove();
});

test("a script has the components of its own role, and of each no more time than it has", async () => {
  const asked: ComponentOrder[] = [];
  const component = async (order: ComponentOrder): Promise<ComponentAnswer> => {
    asked.push(order);
    return { ok: true, text: "", touched: [], refused: [] };
  };
  const components = [LOOK, { ...LOOK, name: "put", write: true }];
  const lab = await openLab({ files: { a: "" }, scope: { role: "reviewer", components } });
  labs.push(lab);
  const place = { root: lab.root, tmp: lab.root, scope: lab.scope, exec: lab.host.exec, component, runTool };
  for (const name of ["put", "none"])
    expect(await answerAsk({ component: name, input: "{}", timeout_ms: 1 }, place)).toHaveProperty("failed");
  for (const timeout_ms of [1, 60_000])
    expect(await answerAsk({ component: "look", input: "{}", timeout_ms }, place)).toHaveProperty("component");
  expect(asked).toMatchObject([
    { component: { name: "look", timeout_ms: 1 }, write: false },
    { component: { name: "look", timeout_ms: 5_000 }, write: false },
  ]);
});

test("a script has the tools that read code from the server, and no other", async () => {
  const lab = await openLab({ files: { "a.py": "def f(): pass\n", "b.py": "import a\n" } });
  labs.push(lab);
  const times: number[] = [];
  const exec: typeof lab.host.exec = (request) => {
    times.push(request.timeout_ms);
    return lab.host.exec(request);
  };
  const place = { root: lab.root, tmp: lab.root, scope: lab.scope, exec, runTool };
  const ask = (tool: string, input: unknown) => answerAsk({ tool, input, timeout_ms: 9_000 }, place);
  expect(await ask("file_symbols", { path: "a.py" })).toEqual({ answer: { ok: true, text: "1: def f()" } });
  expect(await ask("find_references", { symbol: "f" })).toHaveProperty("answer.ok", true);
  expect(Math.max(...times)).toBe(9_000);
  expect(await ask("file_symbols", { path: "../a.py" })).toHaveProperty("answer.ok", false);
  for (const tool of ["delete_file", "read_file", "run_script"])
    expect(await ask(tool, { path: "a.py" })).toHaveProperty("failed");
  expect(await Bun.file(`${lab.root}/a.py`).exists()).toBe(true);
});
