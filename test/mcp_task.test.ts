import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { DGOV, dgov, eventsOf, git, type Place } from "./repo.ts";
import { done, edit, hanging, layTasks, newMark, processesWith, untilRunning, write } from "./scripted.ts";

setDefaultTimeout(180_000); // processes, and the machine may be busy

const GOLDEN = join(import.meta.dir, "fixtures/mcp/task_tools.json");

type Said = { isError: boolean; texts: string[]; standing: Record<string, unknown> };

const places: Place[] = [];
const clients: Client[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) await client.close();
  for (const place of places.splice(0)) place.stop();
});

/** An agent that speaks the protocol by the protocol's own library, on a server of the place. */
async function connect(place: Place, words: readonly string[] = ["p", "--task", "a"]) {
  const [command = "", ...args] = [...DGOV, "mcp", ...words];
  const env = Object.fromEntries(Object.entries(place.env).flatMap(([name, value]) => (value ? [[name, value]] : [])));
  const transport = new StdioClientTransport({ command, args, cwd: place.root, env, stderr: "pipe" });
  const client = new Client({ name: "tester", version: "1" });
  await client.connect(transport);
  clients.push(client);
  const call = async (name: string, input: Record<string, unknown> = {}): Promise<Said> => {
    const { content, isError = false } = await client.callTool({ name, arguments: input }, { timeout: 120_000 });
    const texts = (content as { text: string }[]).map(({ text }) => text);
    const data = texts.find((text) => text.startsWith("{"));
    return { isError, texts, standing: data === undefined ? {} : JSON.parse(data) };
  };
  return { client, call, pid: transport.pid ?? 0 };
}

function lay(...given: Parameters<typeof layTasks>): Place {
  const place = layTasks(...given);
  places.push(place);
  return place;
}
const one = (more: Parameters<typeof layTasks>[1] = {}) => lay({ a: { attempts: [] } }, more);

const locked = (place: Place) => existsSync(join(place.root, ".git/dgov.lock"));

test("I7 the order is told, the tools act in the worktree, and what is done lands", async () => {
  const place = one();
  const { call } = await connect(place);
  expect(eventsPresent(place)).toBe(false); // nothing is taken before it is asked for
  const begun = await call("task");
  expect(begun.standing).toMatchObject({ task: "tasks/main.a", state: "working", attempt: 1, refused: null });
  expect(begun.texts[1]).toContain("src/a.txt");
  expect(begun.texts[1]).toContain("calls of tools");
  expect((await call("read_file", { path: "src/a.txt" })).texts[0]).toContain("alpha");
  expect((await call("edit_file", edit("src/a.txt", "alpha", "one").args)).isError).toBe(false);
  expect(readFileSync(join(place.root, "src/a.txt"), "utf8")).toBe("alpha\n");
  const ended = await call("done", { summary: "It is one now" });
  expect(ended.standing).toMatchObject({
    state: "landed",
    commit: git(place, "rev-parse", "HEAD").trim(),
    refused: null,
  });
  expect(readFileSync(join(place.root, "src/a.txt"), "utf8")).toBe("one\n");
  expect(locked(place)).toBe(false);
  const events = eventsOf(place);
  expect(events.find(({ kind }) => kind === "task_dispatched")).toMatchObject({ provider: "mcp", agent: "tester" });
  expect(callsIn(place).map(({ tool }) => tool)).toEqual(["read_file", "edit_file", "done"]);
  expect(events.at(-1)).toMatchObject({ kind: "run_ended", status: "complete" });
  const late = await call("read_file", { path: "src/a.txt" });
  expect(late).toMatchObject({ isError: true, standing: { state: "landed" } });
});

const callsIn = (place: Place) => eventsOf(place).flatMap((event) => (event.kind === "tool_called" ? [event] : []));
const eventsPresent = (place: Place) => existsSync(join(place.root, ".dgov/state.db"));

test("I7 its tools are those of a worker, with one to be told by, and their schemas were looked at", async () => {
  const { client } = await connect(one());
  const { tools } = await client.listTools();
  const text = `${JSON.stringify(tools, null, 2)}\n`;
  if (process.env.UPDATE === "1") writeFileSync(GOLDEN, text);
  expect(text).toBe(readFileSync(GOLDEN, "utf8"));
});

const file = { path: "src/a.txt" };
const HUNK = "--- a/src/a.txt\n+++ b/src/a.txt\n@@ -1 +1 @@\n-two\n+three\n";
/** A call of each tool, in an order in which each is right. */
const EACH: readonly [string, Record<string, unknown>][] = [
  ["read_file", file],
  ["head", file],
  ["tail", file],
  ["list_dir", {}],
  ["tree", {}],
  ["glob", { pattern: "**/*.txt" }],
  ["grep", { pattern: "alp" }],
  ["ripgrep", { pattern: "alp" }],
  ["ast_grep", { pattern: "f($A)", lang: "python" }],
  ["find_references", { symbol: "f" }],
  ["search_tests_for", { symbol: "f" }],
  ["file_symbols", { path: "src/m.py" }],
  ["related_files", { path: "src/m.py" }],
  ["check_syntax", { path: "src/m.py" }],
  ["word_count", { path: "src" }],
  ["jq", { path: "src/d.json", expr: ".a" }],
  ["git_diff", {}],
  ["recent_changes", file],
  ["assert_file_unchanged", file],
  ["run_tests", {}],
  ["lint_check", { file: "src/a.txt" }],
  ["type_check", {}],
  ["scope_status", {}],
  ["run_script", { code: "await tools.read_file({ path: 'src/a.txt' })" }],
  ["write_file", { path: "src/new.txt", content: "new\n" }],
  ["edit_file", edit("src/a.txt", "alpha", "two").args],
  ["apply_patch", { path: "src/a.txt", patch: HUNK }],
  ["delete_file", { path: "src/new.txt" }],
  ["revert_file", file],
  ["run_bash", { cmd: "echo four > src/a.txt" }],
  ["lint_fix", { file: "src/a.txt" }],
  ["format_file", { file: "src/a.txt" }],
  ["done", { summary: "Each was called" }],
];

test("I7 each tool can be called, in the jail, and is in the log as a worker's call", async () => {
  const place = one({
    project: {
      test_cmd: "true",
      lint_cmd: "true",
      lint_fix_cmd: "true {file}",
      format_cmd: "true {file}",
      type_check_cmd: "true",
    },
    files: {
      "src/m.py": "def f(a):\n    return a\n",
      "src/d.json": '{"a": 1}\n',
      ".dgov/plans/p/tasks/main.toml": task("a", 'files.edit = ["src/a.txt"]\nfiles.touch = ["src/new.txt"]'),
    },
  });
  const { client, call } = await connect(place);
  const { tools } = await client.listTools();
  expect(EACH.map(([name]) => name)).toEqual(tools.map(({ name }) => name).filter((name) => name !== "task"));
  for (const [name, input] of EACH)
    expect({ name, ...(await call(name, input)) }).toMatchObject({ name, isError: false });
  const calls = callsIn(place).filter(({ within }) => within === undefined);
  expect(calls.map(({ tool }) => tool)).toEqual(EACH.map(([name]) => name));
  expect(new Set(calls.map(({ level }) => level)).size).toBe(1);
  expect(calls[0]?.level).toBeDefined();
  expect(git(place, "show", "HEAD:src/a.txt")).toBe("four\n");
});

const task = (slug: string, claims: string, more = "") =>
  `[tasks.${slug}]\nsummary = "Do ${slug}"\nprompt = """\nOrient: read.\n\nEdit: do it.\n\nVerify: look.\n"""\n${claims}\n${more}\n`;

test("I7 what a worker is refused is refused here, in the same words and by the same rule", async () => {
  const bad = [
    write("src/b.txt", "x"),
    edit("src/b.txt", "beta", "x"),
    { tool: "run_bash", args: { cmd: "git push" } },
    { tool: "run_bash", args: { cmd: "echo x > src/b.txt" } },
    { tool: "no_such_tool", args: {} },
    { tool: "read_file", args: { paht: 1 } },
  ];
  const ending = { tool: "done", args: { summary: "No", outcome: "blocked" } };
  const looped = lay({ a: { attempts: [[...bad, ending]] } });
  expect(dgov(looped, "run", "p").status).toBe(1);
  const place = one();
  const { call } = await connect(place);
  for (const { tool, args } of bad) {
    const { isError, texts } = await call(tool, args);
    const said = callsIn(looped).find((made) => made.tool === tool && made.input === JSON.stringify(args));
    expect({ tool, isError }).toEqual({ tool, isError: said?.ok === false });
    expect(texts[0]).toBe(said?.text ?? "");
  }
  expect((await call(ending.tool, ending.args)).standing).toMatchObject({
    ...{ state: "failed", refused: { cause: "blocked", said: "No" } },
  });
  const rules = (where: Place) =>
    callsIn(where).map(({ tool, ok, refused_by, text }) => ({ tool, ok, refused_by, text }));
  expect(rules(place)).toEqual(rules(looped));
  expect(rules(place).flatMap(({ refused_by }) => refused_by ?? []).length).toBeGreaterThan(3);
});

test("I7 what a gate refuses comes back with its findings, and the work goes on from what it was", async () => {
  const place = one({ project: { lint_cmd: "grep -q good {file}" } });
  const { call } = await connect(place);
  await call("edit_file", edit("src/a.txt", "alpha", "bad").args);
  const refused = await call("done", done.args);
  expect(refused.standing).toMatchObject({ state: "working", attempt: 2, refused: { attempt: 1, gate: "lint" } });
  expect(refused.texts.at(-1)).toContain("lint");
  await call("edit_file", edit("src/a.txt", "bad", "good").args);
  expect((await call("done", done.args)).standing).toMatchObject({ state: "landed", attempt: 2 });
  expect(git(place, "show", "HEAD:src/a.txt")).toBe("good\n");
});

test("I7 one that has failed is taken up again, and its own reason is what a person is told", async () => {
  const place = one();
  const first = await connect(place);
  const gaveUp = await first.call("done", { summary: "Which one?", outcome: "blocked" });
  expect(gaveUp.standing).toMatchObject({ state: "failed", refused: { cause: "blocked", said: "Which one?" } });
  expect((await first.call("read_file", file)).isError).toBe(true);
  const again = await connect(place, ["p", "--task", "tasks/main.a"]);
  await again.call("edit_file", edit("src/a.txt", "alpha", "one").args);
  expect((await again.call("done", done.args)).standing).toMatchObject({ state: "landed" });
  const over = await connect(place);
  expect((await over.call("task")).standing).toMatchObject({ state: "landed" });
});

test("I7 a client that goes in the middle of a call leaves no process and no lock, and its work is gone on with", async () => {
  const place = one();
  const mark = newMark();
  const { client, call } = await connect(place);
  await call("edit_file", edit("src/a.txt", "alpha", "half").args);
  const cut = call("run_bash", { cmd: hanging(mark) }).catch(() => "cut");
  await untilRunning(mark);
  await client.close();
  expect(await cut).toBe("cut");
  await untilFree(place);
  expect(processesWith(mark)).toEqual([]);
  expect(eventsOf(place).at(-1)).toMatchObject({ kind: "run_interrupted" });
  const again = await connect(place);
  expect((await again.call("task")).standing).toMatchObject({ state: "working", attempt: 2 });
  expect((await again.call("read_file", file)).texts[0]).toContain("half");
  expect((await again.call("done", done.args)).standing).toMatchObject({ state: "landed" });
});

test("I7 a server that is killed leaves no process, and the next one goes on from the work", async () => {
  const place = one();
  const mark = newMark();
  const { call, pid } = await connect(place);
  await call("edit_file", edit("src/a.txt", "alpha", "half").args);
  call("run_bash", { cmd: hanging(mark) }).catch(() => "cut");
  await untilRunning(mark);
  process.kill(pid, "SIGKILL");
  const again = await connect(place);
  expect((await again.call("task")).standing).toMatchObject({ state: "working", attempt: 2 });
  expect(processesWith(mark)).toEqual([]);
  expect((await again.call("read_file", file)).texts[0]).toContain("half");
});

test("I7 what is done is judged and lands when the client does not wait for it", async () => {
  const place = one({ project: { lint_cmd: "sleep 1.5" } });
  const { client, call } = await connect(place);
  await call("edit_file", edit("src/a.txt", "alpha", "one").args);
  call("done", done.args).catch(() => "cut");
  for (let tries = 0; tries < 600 && !isFrozen(place); tries++) await Bun.sleep(20);
  await client.close();
  await untilFree(place);
  expect(git(place, "show", "HEAD:src/a.txt")).toBe("one\n");
  const again = await connect(place);
  expect((await again.call("task")).standing).toMatchObject({ state: "landed" });
});

const isFrozen = (place: Place) =>
  eventsPresent(place) && eventsOf(place).some(({ kind }) => kind === "candidate_frozen");

async function untilFree(place: Place): Promise<void> {
  for (let tries = 0; tries < 1_000 && locked(place); tries++) await Bun.sleep(20);
  expect(locked(place)).toBe(false);
}

test("I7 each call counts as a turn, and who has used them up is given what is left to try", async () => {
  const place = one({
    tables: "[limits]\nretries = 1\n",
    files: { ".dgov/plans/p/tasks/main.toml": task("a", 'files.edit = ["src/a.txt"]', "iteration_budget = 3") },
  });
  const { call } = await connect(place);
  await call("edit_file", edit("src/a.txt", "alpha", "one").args);
  expect((await call("read_file", file)).texts[0]).toContain("Only 2 calls are left");
  const [third, fourth] = await Promise.all([call("read_file", file), call("read_file", file)]);
  expect(third?.isError).toBe(false);
  expect(fourth?.isError).toBe(true); // of no attempt: it was asked for in the one that is over
  expect(fourth?.standing).toMatchObject({ state: "working", attempt: 2, refused: { cause: "turns" } });
  expect((await call("read_file", file)).texts[0]).toContain("one");
});

test("I7 an attempt has its time, of the task or as the person says", async () => {
  const place = one({ tables: "[limits]\nretries = 0\n" });
  const { call } = await connect(place, ["p", "--task", "a", "--timeout-s", "2"]);
  expect((await call("task")).texts[1]).toContain("2 seconds of wall time");
  await Bun.sleep(2_500);
  expect((await call("task")).standing).toMatchObject({ state: "failed", refused: { cause: "timeout" } });
});

test("I7 who comes for one task does no other, and what refuses a run is said as data", async () => {
  const later = task("b", 'files.edit = ["src/b.txt"]', 'depends_on = ["a"]');
  const place = one({
    files: { ".dgov/plans/p/tasks/main.toml": `${task("a", 'files.edit = ["src/a.txt"]')}${later}` },
  });
  const b = await connect(place, ["p", "--task", "b"]);
  expect(await b.call("task")).toMatchObject({ isError: true, standing: { error: { code: "task_waits" } } });
  writeFileSync(join(place.root, "src/a.txt"), "mine\n");
  const a = await connect(place);
  expect(await a.call("read_file", file)).toMatchObject({ isError: true, standing: { error: { code: "repo_dirty" } } });
  git(place, "checkout", "src/a.txt");
  await a.call("edit_file", edit("src/a.txt", "alpha", "one").args);
  expect(await b.call("task")).toMatchObject({ isError: true, standing: { error: { code: "repo_busy" } } });
  expect((await a.call("done", done.args)).standing).toMatchObject({ state: "landed" });
  expect((await b.call("task")).standing).toMatchObject({ state: "working" });
  expect(await b.call("task", { wait_s: -1 })).toMatchObject({ isError: true, standing: { error: { code: "usage" } } });
});

test("I7 a ceiling of what nobody can count is not taken for kept", async () => {
  const place = one({ tables: "[budget]\ntokens = 1000\n" });
  const strict = await connect(place);
  expect(await strict.call("task")).toMatchObject({ isError: true, standing: { error: { code: "config_invalid" } } });
  const free = await connect(place, ["p", "--task", "a", "--unmetered"]);
  expect((await free.call("task")).standing).toMatchObject({ state: "working" });
});

test("I7 a person's word is waited for, and comes while it is asked for", async () => {
  const place = lay({ a: { claims: 'approval = true\nfiles.edit = ["src/a.txt"]', attempts: [] } });
  const { call } = await connect(place);
  await call("edit_file", edit("src/a.txt", "alpha", "one").args);
  expect((await call("done", done.args)).standing).toMatchObject({ state: "approval", commit: null });
  expect(git(place, "show", "HEAD:src/a.txt")).toBe("alpha\n");
  expect(dgov(place, "approve", "a").status).toBe(0);
  for (let tries = 0; tries < 600 && (await call("task")).standing.state !== "landed"; tries++) await Bun.sleep(20);
  expect(git(place, "show", "HEAD:src/a.txt")).toBe("one\n");
});

test.each([
  [["p"], "give the plan and --task"],
  [["--task", "a"], "give the plan and --task"],
  [["p", "--task", "nobody"], "has no such task"],
  [["nowhere", "--task", "a"], "nowhere"],
])("I7 a task that cannot be served is refused at the start: %p", (words, said) => {
  const { status, stderr } = dgov(one(), "mcp", ...words);
  expect(stderr).toContain(said);
  expect([2, 3]).toContain(status as number);
});
