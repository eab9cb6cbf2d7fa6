import { beforeAll, describe, expect, test } from "bun:test";
import { type Engine, openEngine } from "./engine.ts";
import { SCRIPT_LIMITS } from "./limits.ts";
import type { ScriptLimits } from "./order.ts";
import type { Called, Powers } from "./realm.ts";
import type { ScriptEnding } from "./words.ts";

const now_ms = () => Bun.nanoseconds() / 1e6;
const LIMITS: ScriptLimits = { ...SCRIPT_LIMITS.tools, time_ms: 20_000 };
let engine: Engine;
beforeAll(async () => {
  engine = await openEngine();
});

type Ran = { ending: ScriptEnding; printed: string; asked: string[] };

/** `echo` gives its input back, `refuse` fails by a rule, `late` answers after a while. */
async function run(code: string, limits: Partial<ScriptLimits> = {}): Promise<Ran> {
  const [printed, asked]: [string[], string[]] = [[], []];
  const call = (tool: string, input: string): Called | Promise<Called> => {
    asked.push(`${tool} ${input}`);
    if (tool === "bug") throw new Error("ours");
    if (tool === "late") return Bun.sleep(20).then(() => ({ ok: true, text: `late ${input}` }));
    if (tool === "echo") return { ok: true, text: input };
    const more = { text: "Error: not claimed", refused_by: "claim" };
    return { ok: false, name: "ToolError", message: "not claimed", more };
  };
  const powers: Powers = {
    now_ms,
    print: (text) => printed.push(text),
    tools: ["echo", "refuse", "late", "bug"],
    call,
  };
  const ending = await engine.run({ kind: "tools", code }, { ...LIMITS, ...limits }, powers);
  if (ending.last) engine = await openEngine();
  return { ending, printed: printed.join(""), asked };
}

test.each<[code: string, result: unknown]>([
  ["1 + 1", 2],
  ["1 + 1;", 2],
  ["1 + 1 // two", 2],
  ["return { a: [1] };", { a: [1] }],
  ["const x = await tools.echo({ path: 'a' }); x", '{"path":"a"}'],
  ["const x = await tools.echo({ path: 'a' }); return x;", '{"path":"a"}'],
  ["async function main() { return 5; }\nmain()", 5],
  ["async () => 7", 7],
  ["(async () => 7)()", 7],
  ["let n = 0; for (const x of [1, 2]) { n += x; }", null], // a loop gives something too, and nobody means it
  ["if (true) { 5 }", null],
  ["function f() { return 1 }", null],
  ["undefined", null],
  ["Symbol('a')", null],
  ["", null],
  [
    "await Promise.all([tools.echo({ a: 1 }), tools.late({ b: 2 }), tools.late()])",
    ['{"a":1}', 'late {"b":2}', "late {}"],
  ],
  ["await tools.echo().then((text) => text.length)", 2],
  ["await tools.refuse().catch((error) => error.refused_by)", "claim"],
  [
    "try { await tools.refuse({ a: 1 }) } catch (e) { return [e instanceof Error, e.name, e.message, e.text, e.tool] }",
    [true, "ToolError", "not claimed", "Error: not claimed", "refuse"],
  ],
  ["tools.echo({ toJSON() { return { path: 'z' } } })", '{"path":"z"}'],
  ['tools.echo(JSON.parse(\'{"__proto__": {"a": 1}}\'))', '{"__proto__":{"a":1}}'],
  [
    "tools.echo(new Proxy({}, { ownKeys: () => ['k'], getOwnPropertyDescriptor: () => ({ value: 1, enumerable: true, configurable: true }), get: () => 'v' }))",
    '{"k":"v"}',
  ],
  ["tools.echo({ get path() { return 'got' } })", '{"path":"got"}'],
  ["Promise.reject(new Error('nobody looks')); 5", 5],
])("%s gives %p", async (code, result) => {
  const { ending } = await run(code);
  if (!ending.ok) throw new Error(JSON.stringify(ending));
  expect(ending.json === null ? null : JSON.parse(ending.json)).toEqual(result);
  expect(ending.last).toBe(false);
});

test("what is printed comes as one line a call, in words", async () => {
  const { printed } = await run(
    "console.log('a', 1, [1], { b: 2 }, null, undefined, 10n, Symbol('s'), new TypeError('t')); console.error('e'); const c = {}; c.c = c; console.info(c, { __proto__: null, toJSON() { throw 1 } })",
  );
  expect(printed).toBe(
    'a 1 [1] {"b":2} null undefined 10 Symbol(s) TypeError: t\ne\n[object Object] [it cannot be shown]\n',
  );
});

test.each<[code: string, message: RegExp, line: number | null]>([
  ["\n\nnull.x", /^TypeError: .*null/, 3],
  ["return 1;\n\nlet x = ;", /^SyntaxError/, 3],
  ["const a = 1;\nreturn missing;", /^ReferenceError: .*missing/, 2],
  ["await tools.refuse()", /^ToolError: not claimed$/, 1],
  ["await tools.nosuch()", /^TypeError: there is no tool "nosuch" here; the tools are: echo refuse late bug$/, null],
  ["await tools.done({ summary: '' })", /there is no tool "done"/, null],
  ["throw null", /it threw null/, null],
  ["throw { toString() { throw 1 } }", /it threw/, null],
  ["Object.prototype.toJSON = () => 42; throw new Error('own words')", /own words/, 1],
  ["await new Promise(() => {})", /waits for a promise that nothing will settle/, null],
  ["await import('fs')", /could not load module/, null],
  ["import fs from 'fs'", /^SyntaxError/, 1],
  ["new Date()", /'?Date'? is not defined/, 1],
  ["Math.random()", /not a function/, 1],
  ["setTimeout(() => {}, 1)", /setTimeout'? is not defined/, 1],
  ["fetch('http://localhost')", /fetch'? is not defined/, 1],
  ["require('fs')", /require'? is not defined/, 1],
  ["process.exit()", /process'? is not defined/, 1],
  ["new WebAssembly.Module()", /WebAssembly'? is not defined/, 1],
  ["new SharedArrayBuffer(8)", /SharedArrayBuffer'? is not defined/, 1],
  ["const c = {}; c.c = c; return c", /^TypeError: the result cannot be given back as JSON/, null],
  ["return 10n", /^TypeError: the result cannot be given back as JSON/, null],
  ["const c = {}; c.c = c; await tools.echo(c)", /circular/, null],
  ["await tools.echo({ n: 10n })", /BigInt/, null],
  ["tools.echo = () => 1; 'use strict'; return (() => { 'use strict'; tools.echo = 1 })()", /read-only|extensible/, 1],
])("%s is an error of the script: %p, line %p", async (code, message, line) => {
  const { ending } = await run(code);
  expect(ending).toMatchObject({ ok: false, cause: "error", last: false });
  if (ending.ok) return;
  expect(ending.message).toMatch(message);
  if (line !== null) expect(ending.line).toBe(line);
});

test.each<[cause: string, code: string, limits: Partial<ScriptLimits>]>([
  ["timeout", "for (;;);", { time_ms: 200 }],
  ["timeout", "for (;;) await 0", { time_ms: 200 }],
  ["timeout", "for (;;) { try { for (;;); } catch {} finally { continue } }", { time_ms: 200 }],
  ["timeout", "/(a+)+b/.exec('a'.repeat(60))", { time_ms: 200 }],
  ["timeout", "Array.from({ length: 1e6 }, () => { for (let i = 0; i < 1e5; i++); })", { time_ms: 200 }],
  ["timeout", "const f = () => Promise.resolve().then(f); await f()", { time_ms: 200 }],
  ["timeout", "console.log({ toJSON() { for (;;); } })", { time_ms: 200 }],
  ["timeout", "throw { get message() { for (;;); } }", { time_ms: 200 }],
  ["memory", "const a = []; for (;;) a.push(new Uint8Array(1e6))", { memory_bytes: 8 * 1024 * 1024 }],
  ["memory", "const a = []; for (;;) a.push(1)", { memory_bytes: 4 * 1024 * 1024 }],
  ["memory", "'x'.repeat(1e9)", {}],
  ["memory", "new Uint8Array(1e9)", {}],
  ["stack", "(function f() { f() })()", {}],
  ["stack", "const o = { get a() { return this.a } }; o.a", {}],
  ["output", "console.log('x'.repeat(2e6))", {}],
  ["output", "for (;;) console.log('x'.repeat(1000))", {}],
  ["output", "'x'.repeat(2e6)", {}],
  ["output", "let o = []; for (let i = 0; i < 600; i++) o = [o]; return o", {}],
  ["calls", "for (let i = 0; i < 11; i++) await tools.echo()", { calls: 10 }],
  ["calls", "for (;;) await tools.echo().catch(() => 1)", { calls: 10 }],
  ["source", "1;".repeat(200), { source_chars: 399 }],
])(
  "the limit of %s strikes: %s",
  async (cause, code, limits) => {
    const { ending, asked } = await run(code, limits);
    expect(ending).toMatchObject({ ok: false, cause });
    expect(asked.length).toBeLessThanOrEqual(10);
    expect((await run("return 1 + 1")).ending).toMatchObject({ ok: true, json: "2" }); // the next one has nothing of it
  },
  60_000,
);

test("what is just within a limit is fine", async () => {
  expect((await run("console.log('x'.repeat(999_999))")).ending.ok).toBe(true);
  expect((await run("for (let i = 0; i < 10; i++) await tools.echo()", { calls: 10 })).ending.ok).toBe(true);
  expect((await run("1;".repeat(200), { source_chars: 400 })).ending.ok).toBe(true);
  expect((await run("let o = []; for (let i = 0; i < 400; i++) o = [o]; return o")).ending.ok).toBe(true);
  expect((await run("(function f(n) { return n && f(n - 1) })(300)")).ending.ok).toBe(true);
});

// Whether the interpreter notices first or the process overflows, depends on how far its code is compiled by then.
test.each([
  "let o = []; for (let i = 0; i < 1e5; i++) o = [o]; return o",
  "eval('('.repeat(1e5) + ')'.repeat(1e5))",
  "JSON.parse('['.repeat(1e5))",
  "return Function('['.repeat(1e5))()",
  "return 'a'.match(RegExp('(?:'.repeat(1e4) + ')'.repeat(1e4)))",
])("what nests too deep for the process is told, and the next one has nothing of it: %s", async (code) => {
  const { ending } = await run(code);
  expect(ending.ok || ["stack", "error"].includes(ending.cause)).toBe(true);
  expect((await run("return 1 + 1")).ending).toMatchObject({ ok: true, json: "2" });
});

test("an interpreter whose memory has grown large is used no more", async () => {
  const { ending } = await run(
    "const a = []; for (let i = 0; i < 50; i++) a.push('x'.repeat(1e6) + i); return a.length",
  );
  expect(ending).toEqual({ ok: true, json: "50", last: true });
});

test("an error of ours in a call ends the script as broken, whoever catches it", async () => {
  for (const code of [
    "await tools.bug()",
    "try { await tools.bug() } catch {} for (;;);",
    "await tools.bug().catch(() => 1); return 1",
  ])
    expect((await run(code)).ending).toMatchObject({
      ok: false,
      cause: "crash",
      message: expect.stringContaining("ours"),
    });
});

describe("nothing leads out", () => {
  test.each([
    ["Function('return this')() === globalThis", true],
    [
      "({}).constructor.constructor('return typeof process + typeof Bun + typeof require')()",
      "undefinedundefinedundefined",
    ],
    ["tools.echo.constructor('return typeof process')()", "undefined"],
    ["console.log.constructor('return typeof Bun')()", "undefined"],
    ["(async () => {}).constructor('return typeof Bun')()", "undefined"],
    ["Object.getPrototypeOf(tools.echo) === Object.getPrototypeOf(async () => {})", true],
    ["tools.refuse().catch((e) => Object.getPrototypeOf(Object.getPrototypeOf(e)) === Object.prototype)", true],
    ["tools.__proto__ === undefined || typeof tools.__proto__ === 'function'", true],
    ["Object.isFrozen(tools) && Object.isFrozen(console)", true],
    [
      "[typeof Date, typeof performance, typeof WeakRef, typeof FinalizationRegistry, typeof Atomics, typeof navigator]",
      Array(6).fill("undefined"),
    ],
  ])("%s is %p", async (code, result) => {
    const { ending } = await run(code);
    expect(ending).toMatchObject({ ok: true, json: JSON.stringify(result) });
  });

  test("a script that changes the language changes only its own world", async () => {
    const spoilt = `JSON.stringify = () => "evil"; JSON.parse = () => ({}); Object.freeze = null; String = null;
      Promise.prototype.then = null; Object.prototype.refused_by = "forged"; Array.prototype.push = null; Error = null;
      return await tools.echo({ a: 1 })`;
    const { ending, asked } = await run(spoilt);
    expect(ending).toMatchObject({ ok: true, json: JSON.stringify('{"a":1}') });
    expect(asked).toEqual(['echo {"a":1}']);
    expect((await run("return [typeof JSON.parse('1'), ({}).refused_by ?? null]")).ending).toMatchObject({
      json: '["number",null]',
    });
  });

  test("the same script says the same, always", async () => {
    const code =
      "const o = {}; for (const k of 'zyx') o[k] = new Map([[k, 1]]).size; return [Object.keys(o), [3, 1, 2].sort(), new Error('x').stack]";
    const [one, two] = [await run(code), await run(code)];
    expect(one.ending).toEqual(two.ending);
  });

  test("a call after the end is none", async () => {
    const { asked } = await run("tools.late().then(() => tools.echo({ after: 1 })); return 1");
    expect(asked).toEqual(["late {}"]);
  });
});

describe("modules", () => {
  const evaluate = async (modules: Record<string, string>, input: unknown = { n: 1 }) => {
    const powers: Powers = { now_ms, print: () => {}, tools: [], call: () => ({ ok: true, text: "" }) };
    const order = { kind: "modules", modules, entry: "rules/a.js", input: JSON.stringify(input) } as const;
    return engine.run(order, { ...LIMITS, time_ms: 500 }, powers);
  };
  test.each<[modules: Record<string, string>, result: unknown]>([
    [{ "rules/a.js": "export default (x) => x.n + 1" }, 2],
    [{ "rules/a.js": "export default async (x) => ({ n: await x.n })" }, { n: 1 }],
    [
      {
        "rules/a.js": "import { f } from './b.js'; export default (x) => f(x.n)",
        "rules/b.js": "export const f = (n) => n + 2",
      },
      3,
    ],
    [
      { "rules/a.js": "import { f } from 'lib'; export default (x) => f(x.n)", lib: "export const f = (n) => n + 2" },
      3,
    ],
    [
      { "rules/a.js": "export default () => [typeof tools, typeof Date, typeof Math.random, typeof print]" },
      Array(4).fill("undefined"),
    ],
  ])("%p gives %p", async (modules, result) => {
    const ending = await evaluate(modules);
    expect(ending).toMatchObject({ ok: true, json: JSON.stringify(result) });
  });
  test.each<[modules: Record<string, string>, message: RegExp, line: number | null]>([
    [{ "rules/a.js": "export const x = 1" }, /the default export is not a function/, null],
    [{ "rules/a.js": "\nfoo bar" }, /SyntaxError: .*\(in "rules\/a\.js"\)/, 2],
    [{ "rules/a.js": "import 'fs'; export default () => 1" }, /Cannot import "fs"/, null],
    [{ "rules/a.js": "import '../../etc/x.js'; export default () => 1" }, /Cannot import/, null],
    [
      {
        "rules/a.js": "import { f } from './b.js'; export default f",
        "rules/b.js": "export const f = () => {\n  throw new Error('boo') }",
      },
      /^Error: boo \(in "rules\/b\.js"\)$/,
      2,
    ],
    [{ "rules/a.js": "await new Promise(() => {}); export default () => 1" }, /waits for a promise/, null],
  ])("%p is an error", async (modules, message, line) => {
    const ending = await evaluate(modules);
    expect(ending).toMatchObject({ ok: false, cause: "error", message: expect.stringMatching(message), line });
  });
  test("a module that loops while it loads is ended", async () => {
    expect(await evaluate({ "rules/a.js": "for (;;);" })).toMatchObject({ ok: false, cause: "timeout" });
  });
});
