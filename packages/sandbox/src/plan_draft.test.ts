import { afterAll, beforeAll, expect, test } from "bun:test";
import { type Lab, openLab } from "../../../test/lab.ts";
import { parseInput } from "./input.ts";
import { decide, ToolPolicy } from "./policy.ts";
import { runTool, toolNamed, toolsOf } from "./registry.ts";

let lab: Lab;
beforeAll(async () => {
  lab = await openLab({ files: { "a.py": "" }, scope: { role: "planner", write: [] } });
});
afterAll(() => lab.remove());

const task = (slug: string, more: Record<string, unknown> = {}) => ({
  slug,
  summary: "s",
  prompt: "p",
  commit_message: "c",
  files: { edit: [`${slug}.py`] },
  ...more,
});
const plan = (...tasks: unknown[]) => ({ name: "n", summary: "s", tasks });

async function emit(input: unknown) {
  const parsed = parseInput(toolNamed("emit_plan")!, JSON.stringify(input), null);
  return parsed.ok ? await runTool("emit_plan", parsed.input, lab.host) : parsed;
}

test("a sound plan ends the work, and is handed on as plain data", async () => {
  const tasks = [
    task("a", {
      files: { create: ["src/a.py"], edit: ["lib/**"], touch: ["docs/"], read: ["a.py"], delete: ["old.py"] },
    }),
    task("b", { depends_on: ["a"], files: { edit: ["src/a.py::Cart.total"] } }),
    task("c", { depends_on: ["b"], files: { edit: ["lib/x.py"] } }),
    task("r", { role: "reviewer", files: { read: ["src/a.py"] } }),
  ];
  const answer = await emit({ ...plan(...tasks), config_overrides: { test_cmd: "bun test" } });
  const empty = { create: [], edit: [], touch: [], read: [], delete: [] };
  expect(answer).toMatchObject({ ok: true, ended: { outcome: "done", summary: "s", plan: { name: "n" } } });
  const handed = (answer as Awaited<ReturnType<typeof runTool>>).ended!.plan!;
  expect(handed.tasks.map(({ files }) => files)).toEqual(tasks.map(({ files }) => ({ ...empty, ...files })));
  expect(handed.tasks[1]).toEqual({ ...task("b"), depends_on: ["a"], role: "worker", files: handed.tasks[1]!.files });
  expect(handed.config_overrides).toEqual({ test_cmd: "bun test" });
  expect(JSON.parse(JSON.stringify(handed))).toEqual(handed);
});

test.each<[says: string, input: unknown]>([
  ['"name" is missing', { summary: "s", tasks: [task("a")] }],
  ['"summary" is missing', { name: "n", tasks: [task("a")] }],
  ['"tasks": must be a list', { name: "n", summary: "s" }],
  ['"tasks": must be a list', { ...plan(), tasks: "a" }],
  ['"tasks": must have at least one', plan()],
  ['"name": must be a slug', { ...plan(task("a")), name: "../../../evil" }],
  ['"name": must be a slug', { ...plan(task("a")), name: "/etc/cron.d/x" }],
  ['"name": must be a slug', { ...plan(task("a")), name: "a b" }],
  ['"name": must be a slug', { ...plan(task("a")), name: "n\n" }],
  ['"name": must be a slug', { ...plan(task("a")), name: "-n" }],
  ['"name"', { ...plan(task("a")), name: "" }],
  ['"name"', { ...plan(task("a")), name: 7 }],
  ['"name"', { ...plan(task("a")), name: "n".repeat(65) }],
  ['"summary": must not be empty', { ...plan(task("a")), summary: "  " }],
  ['"tasks.0.slug": must be a slug', plan(task("../a"))],
  ['"tasks.0.slug": must be a slug', plan(task("a\n"))],
  ['"tasks.0.summary" is missing', plan(task("a", { summary: undefined }))],
  ['"tasks.0.prompt": must not be empty', plan(task("a", { prompt: " " }))],
  ['"tasks.0.commit_message" is missing', plan(task("a", { commit_message: undefined }))],
  ['"tasks.0.files": must be an object', plan(task("a", { files: ["a.py"] }))],
  ['"tasks.0.files.edit": must be a list', plan(task("a", { files: { edit: "x" } }))],
  ['"tasks.0.files.edit.0"', plan(task("a", { files: { edit: [1] } }))],
  ['"tasks.0.depends_on": must be a list', plan(task("a", { depends_on: "b" }))],
  ['"tasks.0.role"', plan(task("a", { role: "planner" }))],
  ['unknown "agent" in "tasks.0"', plan(task("a", { agent: "gpt" }))],
  ['unknown "write" in "tasks.0.files"', plan(task("a", { files: { write: ["x"] } }))],
  ['unknown argument "overrides"', { ...plan(task("a")), overrides: {} }],
  ['unknown "jobs" in "config_overrides"', { ...plan(task("a")), config_overrides: { jobs: "9" } }],
  ['"config_overrides.src_dir"', { ...plan(task("a")), config_overrides: { src_dir: 5 } }],
  ['"config_overrides.test_cmd": must be one line', { ...plan(task("a")), config_overrides: { test_cmd: "a\nb" } }],
  ['"config_overrides.test_cmd": must not be empty', { ...plan(task("a")), config_overrides: { test_cmd: " " } }],
  ['"config_overrides": must be an object', { ...plan(task("a")), config_overrides: "a" }],
  ['"tasks.0"', plan("a")],
  ['"tasks.0"', plan(null)],
  ["must claim at least one file", plan(task("a", { files: {} }))],
  ["must claim at least one file", plan(task("a", { files: { read: ["x"] } }))],
  ["a reviewer only reads", plan(task("a", { role: "reviewer" }))],
  ['two tasks have the slug "a"', plan(task("a"), task("a", { files: { edit: ["b.py"] } }))],
  ['two tasks have the slug "A"', plan(task("a"), task("A", { files: { edit: ["b.py"] } }))],
  ['names "b", which is no task', plan(task("a", { depends_on: ["b"] }))],
  ["names the task itself", plan(task("a", { depends_on: ["a"] }))],
  ["Dependency cycle detected", plan(task("a", { depends_on: ["b"] }), task("b", { depends_on: ["a"] }))],
  [
    "through a, b, c",
    plan(task("a", { depends_on: ["c"] }), task("b", { depends_on: ["a"] }), task("c", { depends_on: ["b"] })),
  ],
  ['both claim "a.py"', plan(task("a"), task("b", { files: { edit: ["a.py"] } }))],
  ['both claim "a.py"', plan(task("a"), task("b", { files: { delete: ["./A.py"] } }))],
  ['both claim "a.py"', plan(task("a"), task("b", { files: { touch: ["*.py"] } }))],
  [
    'both claim "src/a.py"',
    plan(task("a", { files: { create: ["src/a.py"] } }), task("b", { files: { edit: ["src/"] } })),
  ],
  [
    "both claim",
    plan(task("a"), task("b", { depends_on: ["a"] }), task("c", { depends_on: ["a"], files: { edit: ["b.py"] } })),
  ],
  ['files.edit names "../x": it has ".."', plan(task("a", { files: { edit: ["../x"] } }))],
  ['files.create names "/etc/x": it is absolute', plan(task("a", { files: { create: ["/etc/x"] } }))],
  ['files.read names "~/x": it is absolute', plan(task("a", { files: { edit: ["a.py"], read: ["~/x"] } }))],
  ['files.edit names ".git/config"', plan(task("a", { files: { edit: [".git/config"] } }))],
  [
    'files.edit names ".dgov/project.toml": it belongs to dgov',
    plan(task("a", { files: { edit: [".dgov/project.toml"] } })),
  ],
  ['files.edit names "": it is empty', plan(task("a", { files: { edit: [""] } }))],
  [
    'files.delete names "a.py", which the task also writes',
    plan(task("a", { files: { edit: ["a.py"], delete: ["a.py"] } })),
  ],
])("%s", async (says, input) => {
  expect(await emit(input)).toMatchObject({ ok: false, text: expect.stringContaining(says) });
});

test("all faults are told at once", async () => {
  const { text } = await emit(plan(task("a", { files: { edit: ["../x"] }, depends_on: ["z"] })));
  expect(text).toMatch(/files\.edit names "\.\.\/x".*; task "a": depends_on names "z"/);
});

test("a planner reads and plans, and changes nothing; nobody else plans", async () => {
  const names = toolsOf("planner").map(({ name }) => name);
  expect(names.at(-1)).toBe("emit_plan");
  for (const name of ["done", "write_file", "edit_file", "apply_patch", "delete_file", "revert_file", "run_bash"])
    expect(names).not.toContain(name);
  for (const role of ["worker", "researcher", "reviewer"] as const)
    expect(toolsOf(role).map(({ name }) => name)).not.toContain("emit_plan");
  expect(await runTool("write_file", { path: "x", content: "" }, lab.host)).toMatchObject({ refused_by: "role" });
  const policy = { rules: ToolPolicy.parse({}), scope: lab.scope, shell: null };
  expect(decide(policy, { kind: "write", path: "a.py" })).toMatchObject({ rule: "role" });
  expect(decide(policy, { kind: "exec", command: "ls" })).toMatchObject({ rule: "role" });
});
