import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Component, ToolComponent } from "../packages/sandbox/src/component/component.ts";
import type { ComponentAnswer, ComponentOrder } from "../packages/sandbox/src/component/order.ts";
import { runComponent } from "../packages/sandbox/src/component/run.ts";
import {
  createToolbox,
  HostError,
  type Isolation,
  type Scope,
  ToolPolicy,
  type ToolRecord,
} from "../packages/sandbox/src/index.ts";
import { buildComponent, type FixtureComponent } from "./components.ts";
import { available, missing, maker as real } from "./jail.ts";
import { claims, LAB_CONFINEMENT, SCOPE } from "./lab.ts";

setDefaultTimeout(60_000);

const SERVE = join(import.meta.dir, "../packages/sandbox/src/serve.ts");
const CHILD = [process.execPath, "--config=/dev/null", "--no-env-file", SERVE, "__isolated", "component"];
const MIB = 1024 * 1024;

const base = realpathSync(mkdtempSync(join(tmpdir(), "dgov-components-test-")));
const [root, tmp, outside] = ["work", "tmp", "outside"].map((name) => join(base, name)) as [string, string, string];
const scope: Scope = { ...SCOPE, write: claims("out.txt", "made/"), read: claims("src/", "linked/", ".env.local") };
const place = { child: CHILD, root, tmp, scope };

beforeAll(() => {
  for (const folder of [root, tmp, outside, join(root, "src"), join(root, "made")]) mkdirSync(folder);
  const files = {
    "src/a.txt": "one two  three\nfour\n",
    "src/.env": "KEY=1",
    "made/old.txt": "old",
    "other.txt": "no",
  };
  for (const [path, text] of Object.entries(files)) writeFileSync(join(root, path), text);
  writeFileSync(join(outside, "secret.txt"), "secret");
  symlinkSync(outside, join(root, "linked"));
  symlinkSync(join(outside, "secret.txt"), join(root, "src/link.txt"));
});
afterAll(() => rmSync(base, { recursive: true, force: true }));

type Wishes = Partial<Pick<Component, "clock" | "timeout_ms" | "memory_bytes" | "kind">>;

/** Compiles a component's file, as the governor does before a run. */
async function compiled(file: string, wishes: Wishes = {}): Promise<Component | ComponentAnswer> {
  const into = mkdtempSync(join(base, "compiled-"));
  const { kind = "tool", clock = false } = wishes;
  const answer = await ask({ do: "compile", name: "mine", kind, clock, file, into });
  if (!answer.ok) return answer;
  const own = { name: "mine", kind, folder: into, files: JSON.parse(answer.text) as Component["files"], clock };
  return { ...own, timeout_ms: 60_000, memory_bytes: 64 * MIB, ...wishes };
}

const ask = (order: ComponentOrder): Promise<ComponentAnswer> => runComponent(place, order);

const made = new Map<string, Promise<Component | ComponentAnswer>>();

/** One of ours, compiled once for each world and clock. */
async function component(name: FixtureComponent, wishes: Wishes = {}): Promise<Component> {
  const { kind = "tool", clock = false, ...limits } = wishes;
  const key = `${name} ${kind} ${clock}`;
  if (!made.has(key))
    made.set(
      key,
      buildComponent(name).then((file) => compiled(file, { kind, clock })),
    );
  const own = await made.get(key);
  if (!own || !("folder" in own)) throw new Error(JSON.stringify(own));
  return { ...own, ...limits };
}

/** A component as a scope carries it: with what it says of its input. */
async function toolOf(own: Component, name: string, write: boolean): Promise<ToolComponent> {
  const told = await ask({ do: "describe", component: own });
  if (!told.ok) throw new Error(told.why);
  return { ...own, name, kind: "tool", description: name, parameters: JSON.parse(told.text), write };
}

/** Calls a tool that may write. */
const call = (own: Component, input: unknown): Promise<ComponentAnswer> =>
  ask({ do: "call", component: own, input: JSON.stringify(input), write: true });

const read = (path: string) => readFileSync(join(root, path), "utf8");

describe("a tool", () => {
  test("tells its input, reads and writes what is claimed, and says what it touched", async () => {
    const own = await component("count_words");
    const told = await ask({ do: "describe", component: own });
    expect(told.ok && JSON.parse(told.text)).toMatchObject({ type: "object", required: ["path"] });
    const answer = await call(own, { path: "src/a.txt", into: "out.txt" });
    expect(answer).toEqual({ ok: true, text: "4 words in src/a.txt", touched: ["out.txt"], refused: [] });
    expect(read("out.txt")).toBe("4 words in src/a.txt\n");
  });

  test("that may only read is refused to write, also what is claimed", async () => {
    const own = await component("count_words");
    const input = JSON.stringify({ path: "src/a.txt", into: "made/old.txt" });
    const answer = await ask({ do: "call", component: own, input, write: false });
    expect(answer).toMatchObject({ ok: false, cause: "error", refused: [expect.stringContaining("may only read")] });
    expect(read("made/old.txt")).toBe("old");
  });

  test("goes through folders as its claims show them", async () => {
    const answer = await call(await component("explorer"), { folder: "made", file: "made/old.txt" });
    expect(answer.ok && answer.text.split("\n")).toEqual([
      "list: old.txt",
      "make: done",
      "write: true",
      "list made: new.txt",
      "remove full folder: error 25",
      "rename: done",
      "unlink: done",
      "list after: made/ renamed.txt",
      "link: error 31",
      "environment: 0",
      expect.stringMatching(/^chance: \d+$/),
    ]);
    expect(answer).toMatchObject({ touched: ["made/renamed.txt", "made/old.txt"] });
    expect([read("made/renamed.txt"), existsSync(join(root, "made/old.txt"))]).toEqual(["new", false]);
    const root_ = await call(await component("explorer"), { folder: ".", file: "nothing" });
    // "other.txt" is nobody's, and what "linked" leads to is no file of the repository
    expect(root_.ok && root_.text).toStartWith("list: linked made/ out.txt src/\n");
  });

  test("meets the same chance in every call", async () => {
    const own = await component("explorer");
    const chance = async () => {
      const answer = await call(own, { folder: "src", file: "nothing" });
      return answer.ok && /chance: \d+/.exec(answer.text)?.[0];
    };
    const first = await chance();
    expect(first).toStartWith("chance: ");
    expect(await chance()).toBe(first);
  });
});

const NOT_PERMITTED = "error 31";
const NO_ENTRY = "error 20";
const LOOP = "error 15";

test.each<[deed: string, path: string, answer: string, refused: RegExp | null]>([
  ["read", "../outside/secret.txt", NOT_PERMITTED, /leads out/],
  ["read", "src/../../outside/secret.txt", NOT_PERMITTED, /leads out/],
  ["read", "/etc/passwd", NOT_PERMITTED, /absolute/],
  ["read", "linked/secret.txt", LOOP, /symbolic link/],
  ["read", "src/link.txt", LOOP, /symbolic link/],
  ["read", "other.txt", NO_ENTRY, /not claimed/],
  ["read", "src/.env", NO_ENTRY, /may hold secrets/],
  ["read", ".git", NOT_PERMITTED, /git's own folder/],
  ["read", "src/nothing.txt", NO_ENTRY, null],
  ["write", "src/a.txt", NOT_PERMITTED, /claimed for reading only/],
  ["write", "other.txt", NOT_PERMITTED, /not claimed/],
  ["write", ".git/hooks/post-commit", NOT_PERMITTED, /git/],
  ["write", "linked/new.txt", LOOP, /symbolic link/],
  ["write", "../outside/new.txt", NOT_PERMITTED, /leads out/],
])("a tool that would %s %s hears %s", async (deed, path, expected, refused) => {
  const answer = await call(await component("hostile"), { do: deed, path });
  expect(answer).toMatchObject({ ok: false, cause: "error", why: expected, touched: [] });
  if (refused) expect(answer.refused.join()).toMatch(refused);
  expect([read("src/a.txt"), read("other.txt")]).toEqual(["one two  three\nfour\n", "no"]);
  expect(existsSync(join(outside, "new.txt"))).toBe(false);
});

test("what may be read or written is, by the same component", async () => {
  const own = await component("hostile");
  expect(await call(own, { do: "read", path: "src/a.txt" })).toMatchObject({ ok: true, text: read("src/a.txt") });
  expect(await call(own, { do: "write", path: "made/x.txt" })).toMatchObject({ ok: true, touched: ["made/x.txt"] });
  const judge = () => Promise.reject(new HostError("not_claimed", "it touches another symbol"));
  const order = { do: "call", component: own, input: '{"do":"write","path":"made/y.txt"}', write: true } as const;
  const refused = await runComponent({ ...place, symbols: { judge } }, order);
  expect(refused).toMatchObject({ ok: false, why: "it touches another symbol", touched: [] });
});

describe("a component that misbehaves", () => {
  test.each<[deed: string, cause: string, why: RegExp]>([
    ["trap", "trap", /failed while it ran/],
    ["garbage", "trap", /failed while it ran/],
    ["grow", "memory", /used up its memory of 64 MiB; raise memory_mb in \[tools\.mine\]/],
    ["flood", "output", /more than 1048576 bytes/],
  ])("%s: %s", async (deed, cause, why) => {
    const answer = await call(await component("hostile"), { do: deed });
    expect(answer).toMatchObject({ ok: false, cause, why: expect.stringMatching(why), touched: [] });
  });

  test("one that loops is ended, and leaves no process", async () => {
    const before = Bun.nanoseconds();
    const answer = await call(await component("hostile", { timeout_ms: 1_500 }), { do: "loop" });
    expect(answer).toMatchObject({
      ok: false,
      cause: "timeout",
      why: expect.stringMatching(/after 1\.5 s .*timeout_s/),
    });
    expect((Bun.nanoseconds() - before) / 1e9).toBeLessThan(30);
    const left = Bun.spawnSync(["pgrep", "-P", String(process.pid), "-f", "__isolated component"]).stdout.toString();
    expect(left).toBe("");
  });

  test("one that fails half way has written nothing", async () => {
    const answer = await call(await component("hostile"), { do: "half", path: "made/half.txt" });
    expect(answer).toMatchObject({ ok: false, cause: "trap", touched: [] });
    expect(existsSync(join(root, "made/half.txt"))).toBe(false);
  });

  test("a text that is not UTF-8 comes out as one that is", async () => {
    const answer = await call(await component("hostile"), { do: "bad_text" });
    expect(answer.ok && answer.text.isWellFormed()).toBe(true);
  });

  test("one that needs more memory than it may to begin with", async () => {
    const answer = await call(await component("hostile", { memory_bytes: 10_000 }), { do: "read" });
    expect(answer).toMatchObject({ ok: false, cause: "memory", why: expect.stringContaining("raise memory_mb") });
  });
});

describe("what is no component is refused, with the cure", () => {
  const CORE = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
  const refusal = async (bytes: Uint8Array) => {
    const file = join(base, "not.wasm");
    writeFileSync(file, bytes);
    return (await compiled(file)) as ComponentAnswer;
  };
  test.each<[what: string, bytes: () => Promise<Uint8Array>, why: RegExp]>([
    ["nothing", async () => new Uint8Array(), /not WebAssembly/],
    ["a text", async () => Buffer.from("(component)"), /not WebAssembly/],
    ["random bytes", async () => new Uint8Array(500).map((_, at) => (at * 7919) % 251), /not WebAssembly/],
    ["a core module", async () => CORE, /core module.*component new/],
    ["a truncated one", async () => readFileSync(await buildComponent("hostile")).subarray(0, 900), /cannot be read/],
    [
      "one with a wrong byte",
      async () => readFileSync(await buildComponent("hostile")).fill(0xff, 300, 320),
      /cannot be read/,
    ],
    ["another version", async () => CORE.with(4, 9), /version 9/],
  ])("%s", async (_, bytes, why) => {
    const answer = await refusal(await bytes());
    expect(answer).toMatchObject({ ok: false, cause: "invalid", why: expect.stringMatching(why) });
  });

  test.each<[FixtureComponent, Wishes, RegExp]>([
    ["wants_sockets", {}, /"wasi:sockets\/instance-network.*no network/],
    ["wants_sockets", { clock: true }, /no network/],
    ["wants_more", {}, /"acme:vault\/secrets.*WASI 0\.2/],
    ["tells_time", {}, /"wasi:clocks\/monotonic-clock".*set clock = true in \[tools\.mine\]/],
    ["count_words", { kind: "gate" }, /exports "call", "describe", and a gate exports "judge"/],
    ["needs_header", { kind: "tool" }, /exports "judge", and a tool exports "describe"/],
  ])("%s %o", async (name, wishes, why) => {
    const answer = await compiled(await buildComponent(name), wishes);
    expect(answer).toMatchObject({ ok: false, cause: "invalid", why: expect.stringMatching(why) });
  });

  test("the time is told to whom it is promised", async () => {
    const answer = await call(await component("tells_time", { clock: true }), {});
    expect(answer).toMatchObject({ ok: true, text: "the time goes on" });
  });

  test("what was compiled and is changed afterwards is not run", async () => {
    const own = await compiled(await buildComponent("count_words"));
    if (!("folder" in own)) throw new Error("it was not compiled");
    writeFileSync(join(own.folder, "component.js"), "export const instantiate = () => ({ call: () => 'mine' });");
    const answer = await call(own, { path: "src/a.txt" });
    expect(answer).toMatchObject({ ok: false, cause: "invalid", why: expect.stringContaining("not what was written") });
  });
});

describe("a gate", () => {
  const change = JSON.stringify({ files: [{ path: "src/a.txt" }, { path: "src/good.txt" }, { path: "other.txt" }] });
  test("finds what is wrong in the files it reads", async () => {
    writeFileSync(join(root, "src/good.txt"), "// Owner: me\n");
    const own = await component("needs_header", { kind: "gate" });
    const answer = await ask({ do: "judge", component: own, input: change });
    const message = '"src/a.txt" does not begin with "// Owner: "';
    expect(answer.ok && JSON.parse(answer.text)).toEqual([
      { code: "missing_owner", message, path: "src/a.txt", line: 1 },
    ]);
  });

  test("that finds nothing says so", async () => {
    const own = await component("needs_header", { kind: "gate" });
    const input = JSON.stringify({ files: [{ path: "src/good.txt" }] });
    expect(await ask({ do: "judge", component: own, input })).toMatchObject({ ok: true, text: "[]" });
  });
});

for (const { title } of missing) test.skip(title, () => {});

// At level "wasm" there is no jail, and nothing native is started: components run there all the same.
describe.each([...available, "wasm"] as const)("%s", (level) => {
  const opened: Isolation[] = [];
  afterAll(async () => {
    for (const isolation of opened) await isolation.stop();
  });
  const open = async (write: "all" | "claims", read: string[], own = scope, own_root = root) => {
    const isolation = await real.start(level, {
      root: own_root,
      write: write === "all" ? "all" : [{ kind: "directory", path: "made", only: null }],
      git_dir: null,
      tmp: mkdtempSync(join(base, "private-")),
      ...LAB_CONFINEMENT,
      read,
      env: { PATH: process.env.PATH ?? "" },
      scope: own,
    });
    opened.push(isolation);
    return isolation;
  };

  test("is compiled, and called as a tool, in the jail", async () => {
    const stage = mkdtempSync(join(base, "stage-"));
    copyFileSync(await buildComponent("count_words"), join(stage, "c.wasm"));
    const into = join(stage, "into");
    mkdirSync(into);
    const compiler = await open("all", [stage], scope, stage);
    const asked = { name: "words", kind: "tool", clock: false } as const;
    const made = await compiler.component({ do: "compile", ...asked, file: join(stage, "c.wasm"), into });
    if (!made.ok) throw new Error(made.why);
    const own = { ...asked, folder: into, files: JSON.parse(made.text) as Component["files"] };
    const parameters = { type: "object" };
    const limits = { timeout_ms: 30_000, memory_bytes: 64 * MIB };
    const tool = { ...own, ...limits, parameters, description: "counts", write: true };
    const worker = await open("claims", [into], { ...scope, components: [tool] });
    const answer = await worker.call("words", { path: "src/a.txt", into: "made/count.txt" });
    expect(answer).toMatchObject({ ok: true, text: "4 words in src/a.txt", touched: ["made/count.txt"] });
    expect(read("made/count.txt")).toStartWith("4 words");
    const refused = await worker.call("words", { path: "other.txt" });
    expect(refused).toMatchObject({ ok: false, refused_by: "claim", text: expect.stringContaining("not claimed") });
    expect(await worker.call("wordz", {})).toMatchObject({ ok: false, refused_by: "role" });
  });

  test("one that loops ends with its call, and the isolated process goes on", async () => {
    const own = await component("hostile", { timeout_ms: 1_500 });
    const isolation = await open("claims", [own.folder]);
    const order = { do: "call", component: own, input: '{"do":"loop"}', write: true } as const;
    expect(await isolation.component(order)).toMatchObject({ ok: false, cause: "timeout" });
    const input = '{"do":"read","path":"src/a.txt"}';
    expect(await isolation.component({ ...order, input })).toMatchObject({ ok: true, text: read("src/a.txt") });
  });

  test("is a function of scripts like any tool: judged, held to its limits, and recorded", async () => {
    const [words, wild] = [await component("count_words"), await component("hostile", { timeout_ms: 1_500 })];
    const [counts, loops] = [await toolOf(words, "words", true), await toolOf(wild, "wild", false)];
    const own = { ...scope, components: [counts, loops] };
    const isolation = await open("claims", [words.folder, wild.folder], own);
    const records: ToolRecord[] = [];
    const record = (calls: readonly ToolRecord[]) => void records.push(...calls);
    const now_ms = () => performance.now();
    const policy = ToolPolicy.parse({});
    const toolbox = createToolbox({ scope: own, policy, isolation, now_ms, record, required: null });
    const script = (code: string, timeout_s = 60) =>
      toolbox.call({ id: "1", tool: "run_script", input: JSON.stringify({ code, timeout_s }) });
    const { ok, text } = await script(`
      const said = [await tools.words({ path: "src/a.txt", into: "made/by_script.txt" })];
      for (const [tool, input] of [
        ["words", { path: "other.txt" }], ["words", { file: "x" }], ["wild", { do: "write", path: "made/old.txt" }], ["wild", { do: "loop" }],
      ]) await tools[tool](input).catch((error) => said.push([error.refused_by, error.message]));
      return said;`);
    expect({ ok, said: JSON.parse(text) }).toEqual({
      ok: true,
      said: [
        "4 words in src/a.txt",
        ["claim", expect.stringContaining("not claimed")],
        ["input", expect.stringContaining('"path" is missing')],
        ["claim", expect.stringContaining("may only read")],
        [null, expect.stringContaining("raise timeout_s in [tools.wild]")],
      ],
    });
    expect(read("made/by_script.txt")).toStartWith("4 words");
    expect(records.map(({ tool, ok, refused_by, touched, within }) => [tool, ok, refused_by, touched, within])).toEqual(
      [
        ["run_script", true, null, [], undefined],
        ["words", true, null, ["made/by_script.txt"], 1],
        ["words", false, "claim", [], 1],
        ["words", false, "input", [], 1],
        ["wild", false, "claim", [], 1],
        ["wild", false, null, [], 1],
      ],
    );
    const late = await script("await tools.wild({ do: 'loop' })", 1);
    expect(late.text).toMatch(/^Error: The script ended( at line 1)?: it ran longer than 1 s/);
    expect(records.at(-1)?.text).toMatch(/not done after [01]\.\d s, when the time of its script was over/);
    expect(await script("return Object.keys(tools).length > 1")).toMatchObject({ ok: true, text: "true" });
  });
});
