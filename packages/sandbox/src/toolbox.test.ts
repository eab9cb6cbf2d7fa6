import { afterEach, expect, test } from "bun:test";
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { claims, type Lab, type LabOptions, openLab, SCOPE } from "../../../test/lab.ts";
import { IsolationLost } from "./isolate/isolation.ts";
import { ToolPolicy } from "./policy.ts";
import { runTool, toolsOf } from "./registry.ts";
import type { Answer, RecipeName } from "./tool.ts";
import { createToolbox, type Toolbox, type ToolRecord } from "./toolbox.ts";

const FILES = { "src/app.py": "def f():\n    return 1\n", "tests/test_app.py": "", "tests/test_b.py": "" };
const RECIPES = {
  test: "cat verdict; grep -q pass verdict # {test_dir}",
  lint: "true {file}",
  lint_fix: null,
  format: null,
  type_check: null,
};

const labs: Lab[] = [];
afterEach(() => {
  for (const lab of labs.splice(0)) lab.remove();
});

type Opened = { toolbox: Toolbox; records: ToolRecord[]; say: (tool: string, input: unknown) => Promise<Answer> };

async function open(
  scope: LabOptions["scope"] = {},
  required: RecipeName | null = null,
): Promise<Opened & { lab: Lab }> {
  const lab = await openLab({ files: FILES, scope });
  labs.push(lab);
  return { lab, ...around(lab, (tool, input) => runTool(tool, input, lab.host), required) };
}

function around(
  lab: Pick<Lab, "scope" | "root">,
  call: (tool: string, input: unknown) => Promise<Answer>,
  required: RecipeName | null,
): Opened {
  const records: ToolRecord[] = [];
  let now = 0;
  const toolbox = createToolbox({
    scope: lab.scope,
    policy: ToolPolicy.parse({ restrict_run_bash: true, deny_shell_commands: ["pip"] }),
    isolation: { call },
    now_ms: () => (now += 5),
    record: (calls) => records.push(...calls),
    required: required === null ? null : { label: "test_cmd", recipe: required },
    root: lab.root,
  });
  const say = (tool: string, input: unknown) =>
    toolbox.call({ id: "1", tool, input: typeof input === "string" ? input : JSON.stringify(input) });
  return { toolbox, records, say };
}

test.each([
  ["git_diff", "", true, "No changes."],
  ["git_diff", "null", true, "No changes."],
  ["git_diff", "  {} ", true, "No changes."],
  ["read_file", '{"path": "src/app.py", "start_line": null, "end_line": null}', true, "def f()"],
  ["read_file", '{"path": "src/app.py", "start_line": "2"}', false, 'argument "start_line"'],
  ["read_file", '{"path": "./src//app.py"}', true, "def f()"],
  ["list_dir", '{"path": ""}', true, "src/"],
  ["list_dir", '{"path": null}', true, "src/"],
  ["done", '{"summary": "it is done", "outcome": null}', true, "Ended: done"],
  ["read_file", '{"path": "src/app.py"', false, "arguments contain invalid JSON"],
  ["read_file", '["src/app.py"]', false, "must be a JSON object"],
  ["read_file", '"src/app.py"', false, "must be a JSON object"],
  ["read_file", "{}", false, 'argument "path" is missing'],
  ["read_file", '{"path": 5}', false, 'argument "path"'],
  ["read_file", '{"path": "src/app.py", "start_line": "two"}', false, 'argument "start_line"'],
  [
    "read_file",
    '{"path": "src/app.py", "startline": 2}',
    false,
    'unknown argument "startline", did you mean "start_line"?',
  ],
  ["read_file", '{"path": "src/app.py", "__proto__": {}}', false, "unknown argument"],
  ["git_diff", '{"path": "x"}', false, "it takes none"],
  ["read_file", '{"path": "/etc/passwd"}', false, "it is absolute"],
  ["read_file", '{"path": ".git/config"}', false, "git's own folder"],
  ["read_file", '{"path": ".env"}', false, "[secret_file]"],
  ["write_file", '{"path": "conftest.py", "content": ""}', false, "[claim]"],
  ["run_bash", '{"cmd": "pip install x"}', false, "[tool_policy.deny_shell_commands]"],
  ["run_tests", '{"file": "tests/../src/app.py"}', false, "outside this task's verification scope"],
  ["run_tests", '{"file": "-p evil"}', false, "in-scope test targets"],
  ["done", "{}", false, 'argument "summary" is missing'],
  ["done", '{"summary": null}', false, 'argument "summary" is missing'],
  ["done", '{"summary": {"a": 1}}', false, 'argument "summary"'],
  ["done", '{"summary": " "}', false, 'argument "summary"'],
  ["nosuch_tool", "{}", false, 'There is no tool "nosuch_tool"'],
  ["read_fil", "{}", false, 'Did you mean "read_file"?'],
  ["_execute_shell", '{"cmd": "id"}', false, "There is no tool"],
])("%s %s: ok %p, %s", async (tool, input, ok, says) => {
  const { say, records } = await open();
  const answer = await say(tool, input);
  expect(answer.text).toContain(says);
  expect(answer.ok).toBe(ok);
  expect(records).toHaveLength(1);
  expect(records[0]).toMatchObject({ n: 1, tool, ok, took_ms: 5 });
  if (!ok) expect(answer.text).toStartWith("Error: ");
});

test("an absolute spelling of a file of the worktree is its relative one", async () => {
  const { say, lab, records } = await open();
  expect((await say("edit_file", { path: `${lab.root}/src/app.py`, old_text: "1", new_text: "2" })).ok).toBe(true);
  expect(records[0]).toMatchObject({ touched: ["src/app.py"], refused_by: null });
  expect((await say("list_dir", { path: lab.root })).ok).toBe(true);
  expect((await say("read_file", { path: `${lab.root}x/src/app.py` })).ok).toBe(false);
});

test("a call that is refused never reaches the isolation", async () => {
  const asked: string[] = [];
  const { say, records } = around(
    { scope: SCOPE, root: "/w" },
    async (tool) => {
      asked.push(tool);
      return { ok: true, text: "" };
    },
    null,
  );
  await say("write_file", { path: "src/other.py", content: "" });
  await say("write_file", { path: ".dgov/x", content: "" });
  await say("run_bash", { cmd: "git commit -m x" });
  await say("nosuch", {});
  await say("read_file", "[");
  expect(asked).toEqual([]);
  expect(records.map(({ refused_by }) => refused_by)).toEqual(["claim", "reserved", "shell.git", "tool", "input"]);
});

test("a long answer keeps head and tail, and says how much is missing", async () => {
  const { say } = around(
    { scope: SCOPE, root: "/w" },
    async () => ({ ok: true, text: `head${"x".repeat(50_000)}\nEXIT:0` }),
    null,
  );
  const { text } = await say("run_bash", { cmd: "ls" });
  expect(text.length).toBeLessThanOrEqual(12_000);
  expect(text).toStartWith("head");
  expect(text).toEndWith("\nEXIT:0");
  expect(text).toMatch(/\[\d+ characters omitted\]/);
});

test("what steers a terminal is taken out of an answer", async () => {
  const { say } = around(
    { scope: SCOPE, root: "/w" },
    async () => ({ ok: true, text: "a\x1b]0;x\x07\x1b[31mb\x00\x08\ud800\tc" }),
    null,
  );
  expect((await say("run_bash", { cmd: "ls" })).text).toBe("ab\ufffd\tc");
});

test.each([
  ["escapes of eight bits", "a\x9b31mb\x9d0;x\x9cc", "abc"],
  ["a line that is written over", "good\rbad\r\r\nend\r", "good\nbad\r\nend\n"],
  ["marks that turn the direction", "a\u202eb\u2066c", "a<U+202E>b<U+2066>c"],
  ["the line ends of another system stay", "a\r\nb\r\n", "a\r\nb\r\n"],
])("also %s", async (_, said, shown) => {
  const { say } = around({ scope: SCOPE, root: "/w" }, async () => ({ ok: true, text: said }), null);
  expect((await say("run_bash", { cmd: "ls" })).text).toBe(shown);
});

test("the record is short and has no secrets", async () => {
  const { say, records } = await open({ write: claims("src/new.py") });
  const key = `sk-${"a1".repeat(12)}`;
  await say("write_file", {
    path: "src/new.py",
    content: `key = "${key}"\npassword: hunter2hunter2\n${"x".repeat(9000)}`,
  });
  expect(records[0]?.input.length).toBeLessThanOrEqual(2_000);
  expect(records[0]?.input).toContain("[redacted]");
  expect(records[0]?.input).not.toContain(key);
  expect(records[0]?.input).not.toContain("hunter2");
});

test("only done ends the work", async () => {
  const ended = { outcome: "done", summary: "s" } as const;
  const { say } = around({ scope: SCOPE, root: "/w" }, async () => ({ ok: true, text: "", ended }), null);
  expect((await say("read_file", { path: "src/app.py" })).ended).toBeUndefined();
  expect((await say("done", { summary: "s" })).ended).toEqual(ended);
});

test("a lost isolation is the governor's matter", async () => {
  const { say } = around({ scope: SCOPE, root: "/w" }, async () => Promise.reject(new IsolationLost("gone")), null);
  await expect(say("read_file", { path: "src/app.py" })).rejects.toThrow(IsolationLost);
});

const TESTED = {
  recipes: RECIPES,
  write: claims("src/app.py", "verdict"),
  test_targets: ["tests/test_app.py", "tests/test_b.py"],
};
const DONE = { summary: "s" };

test("done waits for the required check, which must follow the last write", async () => {
  const { say, records } = await open(TESTED, "test");
  const ends = async () => (await say("done", DONE)).ended !== undefined;
  expect(await ends()).toBe(false);
  expect(records[0]).toMatchObject({ ok: false, refused_by: "required_check" });
  await say("write_file", { path: "verdict", content: "fail" });
  expect((await say("run_tests", {})).text).toEndWith("EXIT:1");
  expect(await ends()).toBe(false);
  await say("edit_file", { path: "verdict", old_text: "fail", new_text: "pass" });
  expect((await say("run_tests", { file: "tests/test_app.py" })).ok).toBe(true);
  expect(await ends()).toBe(false); // a part is not the check
  expect((await say("run_tests", {})).ok).toBe(true);
  await say("read_file", { path: "src/app.py" });
  await say("edit_file", { path: "src/app.py", old_text: "nothing", new_text: "x" }); // refused, so nothing changed
  expect(await ends()).toBe(true);
  await say("run_bash", { cmd: "ls" });
  expect(await ends()).toBe(false);
  await say("run_tests", {});
  expect(await ends()).toBe(true);
  await say("edit_file", { path: "src/app.py", old_text: "1", new_text: "2" });
  expect(await ends()).toBe(false);
});

test.each(["incomplete", "blocked"] as const)("done with outcome %s is accepted without the check", async (outcome) => {
  const { say } = await open(TESTED, "test");
  expect((await say("done", { ...DONE, outcome })).ended).toEqual({ outcome, summary: "s" });
});

test("a lint check counts when it covers what was written", async () => {
  const { say } = await open(TESTED, "lint");
  await say("edit_file", { path: "src/app.py", old_text: "1", new_text: "2" });
  await say("lint_check", { file: "tests" });
  expect((await say("done", DONE)).ok).toBe(false);
  await say("lint_check", { file: "src/app.py" });
  expect((await say("done", DONE)).ok).toBe(true);
});

test("a check that the task cannot run is not demanded of it", async () => {
  const { say } = await open({ ...TESTED, test_targets: [] }, "test");
  expect((await say("done", DONE)).ok).toBe(true);
});

test("a question is not asked where nobody can answer it", async () => {
  const { say, records } = await open();
  expect(await say("ask_user", { question: "which?" })).toMatchObject({
    ok: false,
    text: expect.stringContaining("nobody"),
  });
  expect(records[0]).toMatchObject({ refused_by: "role" });
});

test("the offered tools are the role's, with JSON Schemas, and always the same text", () => {
  const specs = (role: "worker" | "reviewer") =>
    around({ scope: { ...SCOPE, role }, root: "/w" }, async () => ({ ok: true, text: "" }), null).toolbox.specs;
  expect(JSON.stringify(specs("worker"))).toBe(JSON.stringify(specs("worker")));
  expect(specs("worker").map(({ name }) => name)).toEqual(toolsOf("worker").map(({ name }) => name));
  const readFile = specs("reviewer").find(({ name }) => name === "read_file");
  expect(readFile?.parameters).toMatchObject({
    type: "object",
    required: ["path"],
    additionalProperties: false,
    properties: { path: { type: "string" }, start_line: { type: "integer", default: 0 } },
  });
  for (const { description, parameters } of specs("worker")) {
    expect(description.length).toBeGreaterThan(20);
    expect(JSON.stringify(parameters)).not.toContain("$schema");
  }
});

test("a tool that the role may not use is refused by name", async () => {
  const { say } = around(
    { scope: { ...SCOPE, role: "reviewer" }, root: "/w" },
    async () => ({ ok: true, text: "" }),
    null,
  );
  expect((await say("run_bash", { cmd: "ls" })).text).toContain("not allowed in this worker role");
});

test.each([
  ["cat out", false],
  ["cat folder/x", false],
  ["cd src && cat ../folder/x", false],
  ["wc -l folder/*", false],
  ["sort < out", false],
  ["cat chain", false],
  ["cat gone", false],
  ["cat near", true],
  ["cat src/app.py out.txt", true],
  ["echo out", true],
  ["grep out src/app.py", true],
])("a command follows no link out of the worktree: %s %p", async (cmd, allowed) => {
  const lab = await openLab({ files: { "src/app.py": "x\n" } });
  const links = {
    out: "/etc/passwd",
    folder: "..",
    chain: "src/hop",
    "src/hop": "../out",
    gone: "../gone",
    near: "src/app.py",
  };
  for (const [name, target] of Object.entries(links)) symlinkSync(target, join(lab.root, name));
  const { say, records } = around(lab, async () => ({ ok: true, text: "ran" }), null);
  const { ok } = await say("run_bash", { cmd });
  expect(ok).toBe(allowed);
  expect(records[0]?.refused_by).toBe(allowed ? null : "shell.outside");
  lab.remove();
});

test("of a call that wrote very much the record has the first paths, and how many more", async () => {
  const { lab } = await open();
  const touched = Array.from({ length: 1_500 }, (_, i) => `src/f${i}.py`);
  const { say, records } = around(lab, async () => ({ ok: true, text: "", touched }), null);
  await say("run_bash", { cmd: "true" });
  expect(records[0]).toMatchObject({ touched: touched.slice(0, 1_000), touched_more: 500 });
  const few = around(lab, async () => ({ ok: true, text: "", touched: touched.slice(0, 3) }), null);
  await few.say("run_bash", { cmd: "true" });
  expect(few.records[0]?.touched).toHaveLength(3);
  expect(few.records[0]).not.toHaveProperty("touched_more");
});
