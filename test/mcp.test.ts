import { afterAll, afterEach, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { MCP_TOOLS } from "../packages/cli/src/mcp/tools.ts";
import { DGOV, eventsOf, git, type Place } from "./repo.ts";
import { bash, done, edit, hanging, layTasks, newMark, processesWith, untilRunning } from "./scripted.ts";

setDefaultTimeout(180_000); // processes, and the machine may be busy

const GOLDEN = join(import.meta.dir, "fixtures/mcp/tools.json");

type Reply = { id?: number; result?: Record<string, unknown>; error?: { code: number; message: string } };
type Page = { events: { seq: number; kind: string }[]; cursor: number; more: boolean };
type Said = { isError: boolean; value: Record<string, unknown> };

/** A server of the place, and a client of it that is no library: what goes over the pipe is what is tested. */
function connect(place: Place) {
  const child = Bun.spawn([...DGOV, "mcp"], {
    ...{ cwd: place.root, env: place.env, stdin: "pipe", stdout: "pipe", stderr: "pipe" },
  } as const);
  const waiting = new Map<number, (reply: Reply) => void>();
  const strange: string[] = [];
  let last = 0;
  const listening = (async () => {
    let rest = "";
    for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
      const lines = `${rest}${chunk}`.split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        const reply = JSON.parse(line) as Reply; // nothing else may ever stand there
        const take = waiting.get(reply.id ?? -1);
        if (take) take(reply);
        else strange.push(line);
      }
    }
  })();
  const raw = (text: string) => {
    child.stdin.write(`${text}\n`);
    void child.stdin.flush();
  };
  const ask = (method: string, params: unknown): Promise<Reply> => {
    const id = ++last;
    const { promise, resolve } = Promise.withResolvers<Reply>();
    waiting.set(id, resolve);
    raw(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
    return promise;
  };
  const call = async (name: string, args: unknown = {}): Promise<Said> => {
    const { result, error } = await ask("tools/call", { name, arguments: args });
    if (error) return { isError: true, value: { error } };
    const { content, isError = false } = result as { content: { text: string }[]; isError?: boolean };
    const text = content[0]?.text ?? "";
    return { isError, value: text.startsWith("{") ? JSON.parse(text) : { text } };
  };
  const open = async () => {
    const clientInfo = { name: "tester", version: "1" };
    const { result } = await ask("initialize", { protocolVersion: "2025-06-18", capabilities: {}, clientInfo });
    raw(JSON.stringify({ jsonrpc: "2.0", method: "notifications/initialized" }));
    return result;
  };
  const close = async () => {
    child.stdin.end();
    const status = await child.exited;
    await listening;
    return { status, strange, stderr: await new Response(child.stderr).text() };
  };
  return { child, raw, ask, call, open, close };
}

const places: Place[] = [];
afterEach(() => {
  for (const place of places.splice(0)) place.stop();
});

const lay = (): Place =>
  layTasks(
    {
      a: { attempts: [[edit("src/a.txt", "alpha", "one"), done]] },
      b: { claims: 'files.edit = ["src/b.txt"]', attempts: [[edit("src/b.txt", "none", "two"), done]] },
    },
    { tables: "[limits]\nretries = 0\n" },
  );

describe("a server", () => {
  let place: Place;
  let server: ReturnType<typeof connect>;
  beforeAll(async () => {
    place = lay();
    server = connect(place);
    await server.open();
  });
  afterAll(async () => {
    await server.close();
    place.stop();
  });

  test("I7 at most twenty tools, and their schemas are those that were looked at", async () => {
    const { result } = await server.ask("tools/list", {});
    const { tools } = result as { tools: { name: string }[] };
    expect(tools.length).toBeLessThanOrEqual(20);
    expect(tools.map(({ name }) => name)).toEqual(MCP_TOOLS.map(({ name }) => name));
    const text = `${JSON.stringify(tools, null, 2)}\n`;
    if (process.env.UPDATE === "1") writeFileSync(GOLDEN, text);
    expect(text).toBe(readFileSync(GOLDEN, "utf8"));
  });

  test("I7 a plan is looked at, run in the background, followed by a cursor and asked about", async () => {
    const { call } = server;
    expect((await call("plan_validate", { plan: "p" })).value).toMatchObject({ exit: 0 });
    expect((await call("plan_compile", { plan: ".dgov/plans/p" })).value).toMatchObject({ exit: 0 });
    const started = (await call("run_start", { plan: "p", jobs: 1 })).value;
    expect(started).toMatchObject({ handle: "run-1", plan: "p", exit: null });
    let ended = (await call("run_wait", { handle: "run-1", timeout_s: 0 })).value;
    while (ended.exit === null) ended = (await call("run_wait", { handle: "run-1", timeout_s: 60 })).value;
    expect(ended).toMatchObject({ handle: "run-1", exit: 1, said: expect.stringContaining("tasks/main.b") });

    const all = eventsOf(place).map(({ kind }) => kind);
    const seen: { seq: number; kind: string }[] = [];
    for (let after = 0, more = true; more; ) {
      const page = (await call("run_events", { after, most: 7 })).value as Page;
      expect(page.events.length).toBeLessThanOrEqual(7);
      seen.push(...page.events);
      [after, more] = [page.cursor, page.more];
    }
    expect(seen.map(({ kind }) => kind)).toEqual(all as string[]);
    expect(seen.map(({ seq }) => seq)).toEqual(all.map((_, at) => at + 1));
    expect((await call("run_events", { after: seen.length })).value).toEqual({
      events: [],
      cursor: seen.length,
      more: false,
    });

    const review = await call("plan_review", { plan: "p", task: "tasks/main.a", show: "diff" });
    expect(JSON.stringify(review.value)).toContain("+one");
    for (const [tool, input] of [
      ["plan_list", {}],
      ["plan_status", { plan: "p" }],
      ["plan_refute", { plan: "p" }],
      ["run_status", {}],
      ["cost", { by: "role" }],
      ["diagnose", {}],
      ["report", {}],
    ] as const)
      expect({ tool, ...(await call(tool, input)) }).toMatchObject({ tool, isError: false, value: { view: {} } });
  });

  test("I7 what cannot be done is refused as data", async () => {
    const { call } = server;
    for (const [tool, input, code] of [
      ["task_retry", { task: "b" }, "steer_refused"],
      ["task_approve", { task: "nobody" }, "task_unknown"],
      ["run_cancel", {}, "steer_refused"],
    ] as const)
      expect({ tool, ...(await call(tool, input)) }).toMatchObject({ tool, isError: true, value: { error: { code } } });
    expect((await call("run_pause", { reason: "tea" })).value).toMatchObject({ exit: 0 });
    expect((await call("run_unpause")).value).toMatchObject({ exit: 0 });
  });

  const long = "x".repeat(200_000);
  test.each([
    ["plan_status", { plan: "--help" }],
    ["plan_status", { plan: "-v" }],
    ["plan_compile", { plan: "../../../etc" }],
    ["plan_validate", { plan: "/etc/passwd" }],
    ["plan_validate", { plan: "a\0b" }],
    ["plan_status", { plan: long }],
    ["plan_status", { plan: ["p"] }],
    ["plan_status", { plan: "p", html: "/tmp/x" }],
    ["plan_status", {}],
    ["plan_status", null],
    ["plan_review", { plan: "p", task: "x --html=stolen.html", show: "diff" }],
    ["plan_review", { plan: "p", show: "html" }],
    ["run_start", { plan: "p", jobs: 1e9 }],
    ["run_start", { plan: "p", mode: "yes" }],
    ["run_wait", { handle: "run-99" }],
    ["run_events", { after: -1 }],
    ["run_events", { after: 0, most: 1e6 }],
    ["task_skip", { task: "a", reason: long }],
    ["cost", { run: "--plan=p" }],
    ["__proto__", {}],
    ["no_such_tool", {}],
  ])("I7 a hostile call is an answer: %s %#", async (tool, input) => {
    const before = git(place, "status", "--porcelain");
    expect(await server.call(tool, input)).toMatchObject({ isError: true });
    expect(git(place, "status", "--porcelain")).toBe(before);
    expect(existsSync(join(place.root, "stolen.html"))).toBe(false);
    expect((await server.call("plan_list")).isError).toBe(false);
  });
});

test("I7 lines that are no messages end nothing, and the end of its input ends it", async () => {
  const place = lay();
  places.push(place);
  const server = connect(place);
  for (const line of ["garbage", "{", "[]", "null", '{"jsonrpc":"2.0"}', '{"jsonrpc":"2.0","id":{},"method":1}', "\0"])
    server.raw(line);
  expect(await server.open()).toMatchObject({ serverInfo: { name: "dgov" } });
  expect((await server.call("plan_list")).isError).toBe(false);
  const { status } = await server.close();
  expect(status).toBe(0);
});

test("I7 a run that was started goes on when the server ends", async () => {
  const place = lay();
  places.push(place);
  place.env.TMPDIR = place.folder;
  const server = connect(place);
  await server.open();
  await server.call("run_start", { plan: "p" });
  const folders = () => readdirSync(place.folder).filter((name) => name.startsWith("dgov-background-"));
  expect(folders()).toHaveLength(1);
  await server.close();
  expect(folders()).toEqual([]);
  for (let tries = 0; tries < 1_000 && !isOver(place); tries++) await Bun.sleep(100);
  expect(eventsOf(place).at(-1)).toMatchObject({ kind: "run_ended" });
});

test("I7 what a server that was killed has left of its runs is removed by the next, and nobody else's", async () => {
  const place = lay();
  places.push(place);
  place.env.TMPDIR = place.folder;
  const folders = () => readdirSync(place.folder).filter((name) => name.startsWith("dgov-background-"));
  const killed = connect(place);
  await killed.open();
  await killed.call("run_start", { plan: "p" });
  const alive = connect(place);
  await alive.open();
  await alive.call("run_start", { plan: "p" });
  expect(folders()).toHaveLength(2);
  killed.child.kill("SIGKILL");
  await killed.child.exited;
  expect(folders()).toHaveLength(2);
  const next = connect(place);
  await next.open();
  await next.call("plan_list");
  expect(folders()).toEqual([expect.stringContaining(`-${alive.child.pid}-`)]);
  for (let tries = 0; tries < 1_000 && !isOver(place); tries++) await Bun.sleep(100);
  expect(eventsOf(place).at(-1)).toMatchObject({ kind: "run_ended" });
  await Promise.all([alive.close(), next.close()]);
  expect(folders()).toEqual([]);
});

const isOver = (place: Place): boolean =>
  existsSync(join(place.root, ".dgov/state.db")) && eventsOf(place).at(-1)?.kind === "run_ended";

test("I7 a run under way is steered, and the log says who did", async () => {
  const mark = newMark();
  const place = layTasks({ a: { attempts: [[bash(hanging(mark))]] } }, { tables: "[limits]\nretries = 0\n" });
  places.push(place);
  const server = connect(place);
  await server.open();
  await server.call("run_start", { plan: "p" });
  await untilRunning(mark);
  expect((await server.call("run_cancel", { task: "a", reason: "enough" })).value).toMatchObject({ verb: "cancel" });
  expect((await server.call("run_wait", { handle: "run-1", timeout_s: 120 })).value).toMatchObject({ exit: 1 });
  await server.close();
  expect(processesWith(mark)).toEqual([]);
  const cancelled = eventsOf(place).find(({ kind }) => kind === "attempt_failed");
  expect(cancelled).toMatchObject({ cause: "cancelled", detail: "by mcp tester: enough" });
});

test("I7 outside of a repository it serves, and each call says what is missing", async () => {
  const place = lay();
  places.push(place);
  const server = connect({ ...place, root: place.folder });
  await server.open();
  expect(await server.call("plan_status", { plan: "p" })).toMatchObject({
    isError: true,
    value: { error: { code: expect.any(String) } },
  });
  expect((await server.close()).status).toBe(0);
});
