import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { ourFiles, parseSource, ROOT, readSource } from "./source.ts";
import { EXCEPTIONS } from "./tidy.exceptions.ts";
import { type Fault, repeatedLines, tidyFaults } from "./tidy.ts";

const BLOB_MOST_BYTES = 1024 * 1024;
/** A compiled grammar is data that nobody here writes; the largest of those in use has 1.4 MB. */
const GRAMMAR = /^grammars\/\w+\/grammar\.wasm$/;
const GRAMMAR_MOST_BYTES = 2 * BLOB_MOST_BYTES;

const sources = ourFiles().map(readSource);
const faults = [
  ...sources.flatMap(tidyFaults),
  ...repeatedLines(sources.filter(({ path }) => path.startsWith("packages/") && !path.endsWith(".test.ts"))),
];
const excuses = (fault: Fault) => EXCEPTIONS.some(({ path, budget }) => path === fault.path && budget === fault.budget);

test("every file keeps the budgets of docs/style.md", () => {
  const told = faults.filter((fault) => !excuses(fault)).map((fault) => `${fault.path}:${fault.line} ${fault.message}`);
  expect(told).toEqual([]);
});

test("every exception is needed, and has a reason", () => {
  const idle = EXCEPTIONS.filter(
    ({ path, budget, why }) =>
      why.length < 30 || !faults.some((fault) => fault.path === path && fault.budget === budget),
  );
  expect(idle).toEqual([]);
});

test("no tracked file is a large blob", () => {
  const listed = Bun.spawnSync(["git", "ls-files", "-z"], { cwd: ROOT }).stdout.toString().split("\0");
  const large = listed.filter(
    (path) =>
      existsSync(join(ROOT, path)) &&
      statSync(join(ROOT, path)).size > (GRAMMAR.test(path) ? GRAMMAR_MOST_BYTES : BLOB_MOST_BYTES),
  );
  expect(large).toEqual([]);
});

test("a start takes two commands, and the first page of an agent one screen", () => {
  const readme = readFileSync(`${ROOT}/README.md`, "utf8");
  const [, block] = /^## Start\n[\s\S]*?```sh\n([\s\S]*?)```/m.exec(readme) ?? [];
  expect(block?.trim().split("\n")).toHaveLength(2);
  expect(/```sh\n([\s\S]*?)```/.exec(readme)?.[1]).toBe(block);
  expect(readFileSync(`${ROOT}/AGENTS.md`, "utf8").trimEnd().split("\n").length).toBeLessThanOrEqual(60);
  expect(readFileSync(`${ROOT}/CHANGELOG.md`, "utf8")).toMatch(/^# Changelog\n\n## \[Unreleased\]\n/);
});

test("each decision has a number of its own, and bears it in its title", () => {
  const files = readdirSync(`${ROOT}/docs/decisions`).sort();
  const titled = files.map((file) => {
    const [, number] = /^# (\d+)\. /.exec(readFileSync(`${ROOT}/docs/decisions/${file}`, "utf8")) ?? [];
    return `${file.slice(0, 5)}${number ?? "without a title"}`;
  });
  expect(titled).toEqual(files.map((file) => `${file.slice(0, 5)}${Number(file.slice(0, 4))}`));
  expect(new Set(titled).size).toBe(titled.length);
});

const lines = (count: number, text = "x;") => Array.from({ length: count }, () => text).join("\n");
const many = (count: number, one: (at: number) => string) =>
  Array.from({ length: count }, (_, at) => one(at)).join(" ");

describe("a budget fires, and fires only then", () => {
  test.each<[budget: string, path: string, text: string]>([
    ["file_lines", "packages/kernel/src/a.ts", `${lines(401)}\n`],
    ["", "packages/kernel/src/a.ts", `${lines(400)}\n`],
    ["file_name", "packages/kernel/src/string_utils.ts", "x;"],
    ["file_name", "packages/kernel/src/helpers.ts", "x;"],
    ["", "packages/kernel/src/supported_languages.ts", "x;"],
    ["function_lines", "packages/kernel/src/a.ts", `function f() {\n${lines(69)}\n}`],
    ["", "packages/kernel/src/a.ts", `function f() {\n${lines(68)}\n}`],
    ["function_lines", "packages/kernel/src/a.ts", `const f = () => {\n${lines(80)}\n};`],
    ["", "packages/kernel/src/a.test.ts", `describe("x", () => {\n${lines(80)}\nexpect(1);});`],
    ["parameters", "packages/kernel/src/a.ts", "const f = (a, b, c, d, e) => a;"],
    ["", "packages/kernel/src/a.ts", "const f = (a, b, c, d) => a;"],
    ["methods", "packages/kernel/src/a.ts", `class A { ${many(11, (at) => `m${at}() {}`)} }`],
    ["", "packages/kernel/src/a.ts", `class A { constructor() {} ${many(10, (at) => `#m${at}() {}`)} }`],
    ["fields", "packages/kernel/src/a.ts", `type A = { ${many(13, (at) => `f${at}: 1;`)} };`],
    ["fields", "packages/kernel/src/a.ts", `interface A { ${many(13, (at) => `f${at}: 1;`)} }`],
    ["", "packages/kernel/src/a.ts", `type A = { ${many(12, (at) => `f${at}: 1;`)} };`],
    ["exports", "packages/kernel/src/a.ts", many(11, (at) => `export const c${at} = 1;\n`)],
    ["", "packages/kernel/src/index.ts", many(11, (at) => `export { c${at} } from "./c.ts";\n`)],
    ["nesting", "packages/kernel/src/a.ts", "function f() { for (;;) { if (a) { while (b) { if (c) d(); } } } }"],
    ["", "packages/kernel/src/a.ts", "function f() { if (a) b(); else if (c) d(); else if (e) g(); else if (h) i(); }"],
    ["columns", "packages/kernel/src/a.ts", `// ${"x".repeat(140)}`],
    ["", "packages/kernel/src/a.ts", `// biome-ignore format: a table\nconst T = {\n  a: ${"x".repeat(150)},\n};`],
    ["", "packages/kernel/src/a.ts", `const text = "${"x".repeat(150)}";`],
    ["", "packages/kernel/src/text.d.ts", 'declare module "*.txt" { const text: string; export default text; }'],
    ["any", "packages/kernel/src/a.ts", "const a: any = 1;"],
    ["ts_ignore", "packages/kernel/src/a.ts", "// @ts-ignore\nx;"],
    ["default_export", "packages/kernel/src/a.ts", "export default 1;"],
    ["dynamic_import", "packages/kernel/src/a.ts", 'const a = await import("./b.ts");'],
    ["top_level_let", "packages/kernel/src/a.ts", "export let a = 1;"],
    ["", "packages/kernel/src/a.ts", "function f() { let a = 1; return a; }"],
    ["swallow", "packages/kernel/src/a.ts", "function f() { try { a(); } catch { return []; } }"],
    ["swallow", "packages/kernel/src/a.ts", "try { a(); } catch {}"],
    [
      "",
      "packages/kernel/src/a.ts",
      "function f() { try { a(); } catch (error) { if (code(error)) return null; throw error; } }",
    ],
    ["no_expect", "packages/kernel/src/a.test.ts", 'test("x", () => {});'],
  ])("%s %s", (budget, path, text) => {
    const told = tidyFaults(parseSource(path, text)).map((fault) => fault.budget);
    expect(told).toEqual(budget === "" ? [] : [budget]);
  });

  test("six lines in two places are told once a run", () => {
    const body = many(9, (at) => `const someValue${at} = compute(${at}, "of nine");\n`);
    const file = (path: string) => parseSource(path, body);
    expect(repeatedLines([file("a.ts"), file("b.ts")])).toEqual([
      { path: "b.ts", line: 1, budget: "repeat", message: "6 lines as in a.ts:1: say it once" },
    ]);
    expect(repeatedLines([file("a.ts")])).toEqual([]);
  });
});
