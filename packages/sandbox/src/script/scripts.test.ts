import { afterEach, expect, test } from "bun:test";
import { existsSync, linkSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { claims, type Lab, type LabOptions, openLab } from "../../../../test/lab.ts";
import type { ToolComponent } from "../component/component.ts";
import { ToolPolicy } from "../policy.ts";
import { isAlive } from "../process_tree.ts";
import { runTool } from "../registry.ts";
import { createSpared } from "../spared.ts";
import type { Host, RecipeName } from "../tool.ts";
import { createToolbox, type ToolRecord, type ToolResult } from "../toolbox.ts";
import { answerAsk } from "./answer_ask.ts";
import { SCRIPT_LIMITS } from "./limits.ts";
import { answerOf, type ScriptInput, toolsOrder } from "./report.ts";
import { createScripts, type Scripts } from "./scripts.ts";
import type { ScriptAsk } from "./words.ts";

const SERVE = join(import.meta.dir, "../serve.ts");
const FILES = {
  "src/app.py": "x = 1\n",
  "src/other.py": "y = 2\n",
  "tests/test_app.py": "",
  verdict: "pass\n",
};
const RECIPES = {
  test: "grep -q pass verdict # {test_dir}",
  lint: null,
  lint_fix: null,
  format: null,
  type_check: null,
};

type Bench = {
  lab: Lab;
  scripts: Scripts;
  pids: ReadonlySet<number>;
  asked: ScriptAsk[];
  batches: (readonly ToolRecord[])[];
  call: (tool: string, input: unknown) => Promise<ToolResult>;
  script: (code: string, timeout_s?: number) => Promise<ToolResult>;
};
const opened: { lab: Lab; pids: ReadonlySet<number> }[] = [];
afterEach(async () => {
  for (const { lab, pids } of opened.splice(0)) {
    for (const pid of pids) if (isAlive(pid)) process.kill(pid, "SIGKILL");
    lab.remove();
  }
});

type BenchOptions = {
  scope?: LabOptions["scope"];
  required?: RecipeName;
  component?: NonNullable<Host["component"]>;
  onAsk?: (question: ScriptAsk, pids: ReadonlySet<number>) => void; // once it has been done
};

/** A toolbox over real files, whose scripts run in a real child. */
async function open({ scope, required, onAsk, component }: BenchOptions = {}): Promise<Bench> {
  const lab = await openLab({
    files: FILES,
    scope: { write: claims("src/app.py", "src/new.py", "verdict"), ...scope },
  });
  const tmp = join(lab.root, "../tmp");
  const { pids, ...spared } = createSpared();
  opened.push({ lab, pids });
  const asked: ScriptAsk[] = [];
  const scripts = createScripts({
    argv: [process.execPath, "--config=/dev/null", "--no-env-file", SERVE, "__isolated", "script"],
    env: { PATH: process.env.PATH ?? "" },
    setup: { root: lab.root, tmp, scope: lab.scope },
    spared: { pids, ...spared },
    async answer(question) {
      asked.push(question);
      const own = { root: lab.root, tmp, scope: lab.scope, exec: lab.host.exec, runTool };
      const reply = await answerAsk(question, component ? { ...own, component } : own);
      onAsk?.(question, pids);
      return reply;
    },
  });
  const batches: (readonly ToolRecord[])[] = [];
  const toolbox = createToolbox({
    scope: lab.scope,
    policy: ToolPolicy.parse({ restrict_run_bash: true, deny_shell_commands: ["pip"] }),
    isolation: {
      call(tool, input, policy = ToolPolicy.parse({})) {
        if (tool === "run_script") return scripts.run(toolsOrder(input as ScriptInput, policy)).then(answerOf);
        return runTool(tool, input, lab.host);
      },
    },
    now_ms: () => Bun.nanoseconds() / 1e6,
    record: (calls) => batches.push(calls),
    required: required === undefined ? null : { label: "test_cmd", recipe: required },
    root: lab.root,
  });
  const call = (tool: string, input: unknown) => toolbox.call({ id: "1", tool, input: JSON.stringify(input) });
  const script = (code: string, timeout_s = 60) => call("run_script", { code, timeout_s });
  return { lab, scripts, pids, asked, batches, call, script };
}

const LIMIT_MS = 60_000;
const slow = (name: string, work: () => Promise<void>) => test(name, work, LIMIT_MS);
const leftOvers = (lab: Lab) => readdirSync(join(lab.root, "src")).filter((name) => name.includes("dgov"));

slow("a call that a script does not wait for is its own all the same", async () => {
  const { script, batches, lab } = await open();
  for (const end of ["return 1", "throw new Error('x')"]) {
    await script(`tools.run_bash({ cmd: "echo late >> src/new.py" }); ${end}`); // the first waits for a grammar
    expect(batches.at(-1)?.map(({ tool, ok, within }) => [tool, ok, within ?? null])).toEqual([
      ["run_script", end === "return 1", null],
      ["run_bash", true, batches.at(-1)?.[0]?.n ?? 0],
    ]);
  }
  expect(readFileSync(join(lab.root, "src/new.py"), "utf8")).toBe("late\nlate\n");
});

slow("each call passes as the model's own, and is recorded with the number of its script", async () => {
  const { script, call, batches, lab } = await open();
  await call("read_file", { path: "src/app.py" });
  const { ok, text } = await script(`
    const before = await tools.read_file({ path: "src/app.py" });
    await tools.edit_file({ path: "src/app.py", old_text: "1", new_text: "2" });
    const refused = [];
    for (const call of [
      () => tools.write_file({ path: "src/other.py", content: "z" }),
      () => tools.write_file({ path: ".dgov/plans/x", content: "z" }),
      () => tools.read_file({ path: ".env" }),
      () => tools.read_file({ file: "src/app.py" }),
      () => tools.run_bash({ cmd: "pip install x" }),
    ]) await call().catch((error) => refused.push(error.refused_by));
    console.log("seen", before.trim());
    return refused;`);
  expect({ ok, text }).toEqual({
    ok: true,
    text: 'seen x = 1\n["claim","reserved","secret_file","input","tool_policy.deny_shell_commands"]',
  });
  await call("scope_status", {});
  expect(batches.map((calls) => calls.length)).toEqual([1, 8, 1]); // a script and its calls come in one
  const told = batches
    .flat()
    .map(({ n, within, tool, ok, refused_by, touched }) => [n, within ?? null, tool, ok, refused_by, touched]);
  expect(told).toEqual([
    [1, null, "read_file", true, null, []],
    [2, null, "run_script", true, null, []],
    [3, 2, "read_file", true, null, []],
    [4, 2, "edit_file", true, null, ["src/app.py"]],
    [5, 2, "write_file", false, "claim", []],
    [6, 2, "write_file", false, "reserved", []],
    [7, 2, "read_file", false, "secret_file", []],
    [8, 2, "read_file", false, "input", []],
    [9, 2, "run_bash", false, "tool_policy.deny_shell_commands", []],
    [10, null, "scope_status", true, null, []],
  ]);
  expect(readFileSync(join(lab.root, "src/app.py"), "utf8")).toBe("x = 2\n");
  expect(readFileSync(join(lab.root, "src/other.py"), "utf8")).toBe("y = 2\n");
});

slow("what changes something is asked of the server, by the same rules of files", async () => {
  const { script, asked, lab } = await open();
  linkSync(join(lab.root, "src/other.py"), join(lab.root, "src/new.py"));
  const { text } = await script(`
    const said = [await tools.edit_file({ path: "src/new.py", old_text: "2", new_text: "3" }).catch((error) => error.refused_by)];
    said.push(await tools.delete_file({ path: "src/app.py" }));
    said.push((await tools.run_bash({ cmd: "echo one; ls src" })));
    return said;`);
  expect(JSON.parse(text)[0]).toBe("path");
  expect(existsSync(join(lab.root, "src/app.py"))).toBe(false);
  expect(JSON.parse(text)[2]).toContain("one\nnew.py\nother.py\nEXIT:0");
  expect(asked.map((question) => Object.keys(question)[0])).toEqual(["write", "remove", "exec"]);
});

slow("calls at once, also one that has to wait for its judge, all answer", async () => {
  const { script, batches } = await open();
  const { text } = await script(`
    const [a, b, c] = await Promise.all([
      tools.run_bash({ cmd: "echo a" }), tools.read_file({ path: "src/app.py" }), tools.run_bash({ cmd: "echo c" }),
    ]);
    return a + b + c;`);
  expect(text).toBe("a\nEXIT:0x = 1\nc\nEXIT:0");
  expect(batches[0]?.map(({ tool }) => tool).sort()).toEqual(["read_file", "run_bash", "run_bash", "run_script"]);
});

slow("a role that only reads has only what reads", async () => {
  const { script } = await open({ scope: { role: "reviewer", write: [] } });
  const { text } = await script(`
    const said = [];
    for (const name of ["write_file", "run_bash", "done", "run_script"])
      await tools[name]({ path: "src/app.py", content: "x", cmd: "ls", code: "1" }).catch((error) => said.push(error.message));
    return [Object.keys(tools).includes("read_file"), await tools.read_file({ path: "src/app.py" }), said.length, said[0]];`);
  const [reads, content, refused, why] = JSON.parse(text);
  expect([reads, content, refused]).toEqual([true, "x = 1\n", 4]);
  expect(why).toStartWith('there is no tool "write_file" here');
});

slow(
  "a native loop that hears no deadline is killed from outside, and the next script has a child of its own",
  async () => {
    const { script, batches, pids } = await open();
    await script("return 1");
    const before = [...pids];
    const { ok, text } = await script(
      `console.log("begun"); await tools.read_file({ path: "src/app.py" }); "a".repeat(4e6).indexOf("a".repeat(32000) + "b")`,
      1,
    );
    expect(ok).toBe(false);
    expect(text).toBe(
      "Error: The script ended: it ran longer than 1 s\nWhat it did until then stays done: it called 1 read_file.\nIt had printed:\nbegun",
    );
    expect(batches.at(-1)?.map(({ tool }) => tool)).toEqual(["run_script", "read_file"]);
    expect(before.map(isAlive)).toEqual([false]);
    expect(await script("return 2")).toEqual({ ok: true, text: "2" });
  },
);

slow("a command gets no more time than its script has left", async () => {
  const { script, batches } = await open();
  const { text } = await script(
    `try { await tools.run_bash({ cmd: "exec sleep 30" }) } finally { console.log("after") }`,
    5, // so that its end and the command's stay apart on a loaded machine
  );
  expect(text).toStartWith("Error: The script ended: it ran longer than 5 s");
  expect(batches[0]?.[1]).toMatchObject({ tool: "run_bash", ok: false });
  expect(batches[0]?.[1]?.text).toMatch(/\nEXIT:timeout after \d\.\d s, when the time of its script was over$/);
  expect(batches[0]?.[0]?.took_ms).toBeLessThan(20_000);
});

slow("a child that dies in the middle of a write leaves no half of it, and its record says what is known", async () => {
  const { script, batches, lab } = await open({
    onAsk: (_, pids) => {
      for (const pid of pids) process.kill(pid, "SIGKILL");
    },
  });
  const { ok, text } = await script(`
    await tools.read_file({ path: "src/app.py" });
    await tools.write_file({ path: "src/new.py", content: "n".repeat(3e6) });
    return 1;`);
  expect(ok).toBe(false);
  expect(text).toStartWith("Error: The script ended: its process was ended");
  expect(text).toContain("1 write_file; changed src/new.py");
  expect(readFileSync(join(lab.root, "src/new.py"), "utf8")).toBe("n".repeat(3e6));
  expect(leftOvers(lab)).toEqual([]);
  expect(batches[0]?.slice(1).map(({ tool, ok, touched }) => [tool, ok, touched])).toEqual([
    ["read_file", true, []],
    ["write_file", false, ["src/new.py"]],
  ]);
  expect(await script("return 1")).toEqual({ ok: true, text: "1" });
});

const PUT: ToolComponent = {
  ...{ name: "put", kind: "tool", description: "Puts", folder: "/nowhere", files: {}, clock: false, write: true },
  ...{ timeout_ms: 5_000, memory_bytes: 1, parameters: { type: "object" } },
};

slow("a component that wrote for a child that dies is on record with what it wrote", async () => {
  const state = { kill: true };
  const { script, call, batches } = await open({
    scope: { components: [PUT, { ...PUT, name: "look", write: false }], recipes: RECIPES },
    required: "test",
    component: async () => ({ ok: true, text: "put", touched: ["src/new.py"], refused: [] }),
    onAsk: (question, pids) => {
      for (const pid of state.kill && "component" in question ? pids : []) process.kill(pid, "SIGKILL");
    },
  });
  await script("await tools.run_tests()");
  await script("await tools.put({})");
  expect(batches.at(-1)?.[1]).toMatchObject({ tool: "put", ok: false, touched: ["src/new.py"] });
  expect((await call("done", { summary: "s" })).ended).toBeUndefined(); // it has written since
  await script("await tools.look({})");
  expect(batches.at(-1)).toHaveLength(1); // it could change nothing
  state.kill = false;
  expect(await script("return await tools.put({})")).toEqual({ ok: true, text: "put" });
  expect(batches.at(-1)?.[1]).toMatchObject({ tool: "put", ok: true, touched: ["src/new.py"] });
});

slow("a child that was killed between two scripts is replaced, and no one hears of it", async () => {
  const { script, pids } = await open();
  for (let round = 0; round < 3; round++) {
    expect(await script("return (await tools.read_file({ path: 'src/app.py' })).length")).toEqual({
      ok: true,
      text: "6",
    });
    for (const pid of pids) process.kill(pid, "SIGKILL");
  }
  expect(await script("return 1")).toEqual({ ok: true, text: "1" });
  expect(pids.size).toBe(1);
});

slow("one child serves one script after another, and nothing is left of the one before", async () => {
  const { script, pids } = await open();
  await script("globalThis.kept = 1; Object.prototype.kept = 2; const tools_before = tools; tools.kept;");
  const [pid] = [...pids];
  expect(await script("return [typeof kept, typeof tools_before]")).toEqual({
    ok: true,
    text: '["undefined","undefined"]',
  });
  expect([...pids]).toEqual([pid as number]);
});

slow("a child that cannot be started is an answer", async () => {
  const { lab } = await open();
  const { pids, ...spared } = createSpared();
  const scripts = createScripts({
    argv: ["/bin/false"],
    env: {},
    setup: { root: lab.root, tmp: lab.root, scope: null },
    spared: { pids, ...spared },
    answer: () => Promise.reject(new Error("Nothing is asked here")),
  });
  const report = await scripts.run({
    kind: "modules",
    modules: {},
    entry: "a",
    input: "1",
    limits: SCRIPT_LIMITS.tools,
  });
  expect(report.ending).toMatchObject({ ok: false, cause: "crash", message: "its process could not be started" });
});

slow("the required check may run in a script, and a script that writes after it undoes it", async () => {
  const { script, call } = await open({ scope: { recipes: RECIPES }, required: "test" });
  const ends = async () => (await call("done", { summary: "s" })).ended !== undefined;
  expect(await ends()).toBe(false);
  await script("await tools.run_tests({ file: 'tests/test_app.py' })");
  await script("await tools.run_tests()");
  await script(
    "await tools.read_file({ path: 'src/app.py' }); await tools.write_file({ path: 'src/none/x', content: '' }).catch(() => 1)",
  );
  expect(await ends()).toBe(true);
  await script("await tools.run_tests(); await tools.edit_file({ path: 'src/app.py', old_text: '1', new_text: '2' })");
  expect(await ends()).toBe(false);
  await script("await tools.run_tests()");
  await script("await tools.run_bash({ cmd: 'true' })");
  expect(await ends()).toBe(false);
  await script("await tools.run_tests()");
  expect(await ends()).toBe(true);
});

slow("a write that was cut off undoes the required check", async () => {
  const state = { kill: false };
  const { script, call } = await open({
    scope: { recipes: RECIPES },
    required: "test",
    onAsk: (_, pids) => {
      for (const pid of state.kill ? pids : []) process.kill(pid, "SIGKILL");
    },
  });
  await script("await tools.run_tests()");
  state.kill = true;
  await script("await tools.edit_file({ path: 'src/app.py', old_text: '1', new_text: '2' })");
  expect((await call("done", { summary: "s" })).ended).toBeUndefined();
});

slow("ten thousand calls are told, each a little when they are much", async () => {
  const { script, batches } = await open();
  const { ok, text } = await script(`
    const path = "src/app.py", long = "x".repeat(1500);
    for (let i = 0; i < 9999; i++) await tools.grep({ pattern: long, path: "src/none" }).catch(() => 1);
    return (await tools.read_file({ path })).length`);
  expect({ ok, text }).toEqual({ ok: true, text: "6" });
  const [own, ...bound] = batches[0] ?? [];
  expect(own?.tool).toBe("run_script");
  expect(bound).toHaveLength(10_000);
  expect(bound.reduce((sum, { input, text }) => sum + input.length + text.length, 0)).toBeLessThan(7_000_000);
  expect(bound.at(-1)).toMatchObject({ n: 10_001, within: 1, tool: "read_file", ok: true });
});

slow("a limit is told with what was done until then", async () => {
  const { script } = await open();
  const { text } = await script(`
    await tools.edit_file({ path: "src/app.py", old_text: "1", new_text: "2" });
    console.log("half way");
    null.x`);
  expect(text).toBe(
    "Error: The script ended at line 4: TypeError: cannot read property 'x' of null\nWhat it did until then stays done: it called 1 edit_file; changed src/app.py.\nIt had printed:\nhalf way",
  );
});

test.each([
  [{ code: 5 }, 'argument "code"'],
  [{}, 'argument "code" is missing'],
  [{ code: "1", timeout_s: 0 }, 'argument "timeout_s"'],
  [{ code: "1", timeout_s: 1e6 }, 'argument "timeout_s"'],
  [{ code: "1", language: "python" }, 'unknown argument "language"'],
])("%p is refused before any child is started", async (input, says) => {
  const { call, pids } = await open();
  const { ok, text } = await call("run_script", input);
  expect(ok).toBe(false);
  expect(text).toContain(says);
  expect(pids.size).toBe(0);
});
