import { expect, test } from "bun:test";
import { TaskId } from "@dgov/kernel";
import { parseProject } from "./config.ts";
import type { CompiledTask } from "./plan/compiled.ts";
import { routeOf, taskKind, wishOf } from "./routing.ts";
import { unitWith } from "./settlement/testing/parts.ts";

const TABLES = `
[providers.far]
base_url = "https://far.example/v1"
api_key_env = "FAR_KEY"
[providers.near]
base_url = "http://near.example/v1"
api_key_env = "NEAR_KEY"
price_input_per_mtok = 1
price_output_per_mtok = 1
[agents]
small = "small-7b"
[prices."far/large"]
input = 3
output = 15
[prices."far/small-7b"]
input = "0.5"
cached_input = "0.1"
output = 2
`;

function projectWith(routing: string) {
  const { project, places } = parseProject("/nowhere", new TextEncoder().encode(TABLES + routing));
  if (!project) throw new Error(JSON.stringify(places));
  return project;
}

const wrong = (routing: string) =>
  parseProject("/nowhere", new TextEncoder().encode(TABLES + routing)).places.map(({ code, message, line }) => ({
    ...{ code, message, line },
  }));

type Told = { id?: string; role?: CompiledTask["role"]; edit?: string[]; tags?: string[]; agent?: string };

function taskWith({ id = "tasks/main.a", role = "worker", edit = ["src/a.py"], tags, agent }: Told): CompiledTask {
  const unit = unitWith({ edit });
  return {
    ...{ ...unit, id: TaskId.parse(id), role },
    worker: { ...unit.worker, agent: agent ?? null, ...(tags ? { tags } : {}) },
  };
}

const rule = (conditions: string, candidates = '["far/large"]', name = "one") =>
  `[[routing.rules]]\nname = "${name}"\n${conditions}\ncandidates = ${candidates}\n`;

test("H6 the first rule that fits decides, and of its candidates the least price for the stated usage", () => {
  const all = '["far/large", "far/nobody-knows", "far/small", "near/any"]';
  const project = projectWith(`${rule('tags = ["hard"]', '["far/large"]', "hard")}${rule("", all, "rest")}`);
  expect(routeOf(taskWith({ tags: ["docs", "hard"] }), project)).toMatchObject({
    ...{ rule: "hard", chosen: "far/large", why: "only", task_kind: "worker:docs+hard" },
  });
  // 200000 input and 10000 output tokens: 0.6 + 0.15, unknown, 0.1 + 0.02, 0.2 + 0.01.
  expect(routeOf(taskWith({}), project)).toMatchObject({
    ...{ rule: "rest", chosen: "far/small-7b", why: "cheapest", to: { provider: "far", agent: "small-7b" } },
    candidates: [
      { model: "far/large", cost_micros: 750_000 },
      { model: "far/nobody-knows", cost_micros: null },
      { model: "far/small-7b", cost_micros: 120_000 },
      { model: "near/any", cost_micros: 210_000 },
    ],
  });
});

test("H6 the same table gives the same choice, and another usage another one", () => {
  const two = rule("", '["far/small", "near/any"]');
  const chosen = (usage: string) => routeOf(taskWith({}), projectWith(`${usage}\n${two}`))?.chosen;
  expect(Array.from({ length: 20 }, () => chosen(""))).toEqual(Array(20).fill("far/small-7b"));
  expect(chosen("[routing]\nusage = { input = 0, output = 1000 }")).toBe("near/any");
  expect(chosen("[routing]\nusage = { input = 1000, cached_input = 1000, output = 50 }")).toBe("far/small-7b");
});

test("H6 whoever has no price is never the cheapest", () => {
  const route = routeOf(taskWith({}), projectWith(rule("", '["far/x", "far/large"]')));
  expect(route).toMatchObject({ chosen: "far/large", why: "cheapest" });
  expect(routeOf(taskWith({}), projectWith(rule("", '["far/x", "far/y"]')))).toMatchObject({
    ...{ chosen: "far/x", why: "unpriced" },
  });
});

test("H6 a task that names who does it is not routed, and the plan's default is for what no rule takes", () => {
  const project = projectWith(rule('extensions = [".py"]'));
  const plan = { default_agent: "mine", default_provider: "near" };
  expect(wishOf(taskWith({ agent: "own" }), plan, project)).toMatchObject({ agent: "own", route: null });
  expect(wishOf(taskWith({}), plan, project)).toMatchObject({ agent: "large", provider: "far" });
  expect(wishOf(taskWith({ edit: ["a.md"] }), plan, project)).toEqual({
    role: "worker",
    ...{ agent: null, provider: null, route: null, ...plan },
  });
});

test.each<[conditions: string, task: Told, fits: boolean]>([
  ['roles = ["reviewer"]', {}, false],
  ['roles = ["reviewer", "worker"]', {}, true],
  ['sections = ["tasks"]', {}, true],
  ['sections = ["task"]', {}, false],
  ['tags = ["docs"]', {}, false],
  ['extensions = [".py"]', { edit: ["a.py", "b.py"] }, true],
  ['extensions = [".py"]', { edit: ["a.py", "b.ts"] }, false],
  ['extensions = [".py"]', { edit: ["src/"] }, false],
  ['extensions = [".py"]', { edit: ["src/*.py"] }, false],
  ['extensions = [".py"]', { edit: [] }, false],
  ["files_max = 2", { edit: ["a.py::f", "a.py::g", "b.py"] }, true],
  ["files_max = 1", { edit: ["a.py", "b.py"] }, false],
  ["files_max = 9", { edit: ["src/"] }, false],
  ['paths = ["docs"]', { edit: ["docs/a.md", "docs/b/c.md"] }, true],
  ['paths = ["docs"]', { edit: ["docs/a.md", "src/c.md"] }, false],
  ['paths = ["docs"]', { edit: ["docs/api/", "docs/**"] }, true],
  ['paths = ["*.md"]', { edit: ["a.md"] }, true],
  ['paths = ["docs/?"]', { edit: ["docs/*"] }, false],
  ['paths = ["docs"]', { edit: ["*.md"] }, false],
  ['roles = ["worker"]\ntags = ["docs"]', { tags: ["docs"], role: "reviewer" }, false],
])("H6 the rule %j of the task %j", (conditions, task, fits) => {
  expect(routeOf(taskWith(task), projectWith(rule(conditions))) !== null).toBe(fits);
});

test("H6 a task has one kind: its role, with its tags or the endings of its files", () => {
  const kinds = [
    {},
    { edit: ["b.ts", "a.py", "c.py"] },
    { edit: ["src/", "a.py"] },
    { edit: [] },
    { edit: ["Makefile"] },
  ];
  expect(kinds.map((one) => taskKind(taskWith(one)))).toEqual([
    ...["worker:py", "worker:py+ts", "worker:mixed", "worker:none", "worker:Makefile"],
  ]);
});

test("H6 a table that cannot be meant is refused at its place", () => {
  const message = expect.stringContaining;
  expect(wrong(rule("", '["fat/large"]'))).toEqual([
    { code: "provider_unknown", message: message('the nearest is "far"'), line: expect.any(Number) },
  ]);
  expect(wrong(rule("") + rule('tags = ["x"]', '["far/large"]', "late"))).toMatchObject([
    { code: "rule_unreachable", message: message('"one" before it takes every task') },
  ]);
  expect(wrong(rule('tags = ["x"]') + rule('tags = ["y"]'))).toMatchObject([
    { message: message("another of this name") },
  ]);
  expect(wrong(rule("", '["large"]'))).toMatchObject([{ message: message("PROVIDER/MODEL") }]);
  expect(wrong(rule('colour = "red"'))).toHaveLength(1);
  expect(wrong("[routing]\nusage = { input = 1, cached_input = 2 }\n")).toMatchObject([{ message: message("cached") }]);
  expect(wrong(rule('tags = ["x"]') + rule("", '["far/large"]', "rest"))).toEqual([]);
});
