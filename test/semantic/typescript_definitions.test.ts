import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { openGrammars } from "../../packages/semantic/src/grammar.ts";
import { definitionsByCompiler } from "./compiler_definitions.ts";
import { compilerDifferences } from "./typescript_definitions.ts";

const ROOT = resolve(import.meta.dir, "../..");
const grammars = await openGrammars();

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "dgov-definitions-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** zod uses type parameters' variance, which the grammar does not know. */
const UNPARSED = ["classic/schemas", "core/checks", "core/schemas", "mini/schemas"].map((name) => `v4/${name}.ts`);

/** What definitions look like that few write. */
const WRITTEN = `export default abstract class Z<T> {
  static async *[Symbol.iterator]<U>(a?: U, { b } = {}, ...[c]: T[]) {} // behind
  declare readonly #d: T; e = async () => {}; get f() { return 1 } set f(g) {} constructor(private h: T) { super() }
  abstract i(this: T): void; j(): void; j(k?: 1) { class L { m() {} } if (k) { const n = function* () {}; return n } }
  static { function o() {} }
}
export const { p, q: { r }, s: [t = 1, ...u], v = 2, ...w } = {} as any, [x, { y }, [z]] = [] as any;
export type A<B> = { c(): B; get d(): 1; set d(e); f: { g(): 1 }; [h: string]: unknown; new (): B }; type I = A<1> & { j(): 1 };
export interface K<L> { (): L; m?(n: L): void; readonly o: L; "p q": 1; 1: 2 }
declare global { interface R { s: 1 } } declare module "t" { export default u; export { v as w }; export function x(): void }
namespace A.B.C { export namespace D { export const e = 1 } export { D as F }; }
export const enum G { H = 1, "i-j", K = \`1\` } a.b.c = function (d) {}; a["b"] = 1; a.e = class { f = 1 };
export function l(m: string): void; export function l(m: any, n: { o(): void } = m) { return { p() {} } as { q(): void } }
function mixed() { return class extends B { c() { function d() {} } e = () => 1; f = 1; get h() { return 1 } }; }
{ function inBlock() {} } if (a) { var b = 1 } for (const c of d) { function e() {} }
export * from "f"; export * as g from "h"; export { i, type j as k }; export type { l2 } from "m"; import n = require("o");
`;

test("definitions of TypeScript are those of its compiler, with their lines and parameters, and so are exports", async () => {
  const paths = [...new Bun.Glob("**/*.ts").scanSync({ cwd: `${ROOT}/node_modules/zod/src`, absolute: true })];
  const public_ones = paths.filter((path) => !path.includes("/tests/") && !path.includes("/locales/"));
  const texts = {
    "written.ts": WRITTEN,
    "units.ts": readFileSync(`${ROOT}/test/fixtures/semantic/units/typescript.txt`),
  };
  const own = Object.entries(texts).map(([name, text]) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  });
  const compiled = await definitionsByCompiler([...own, ...public_ones.sort()]);
  const compared = compiled.map((one) => ({ ...one, lines: compilerDifferences(grammars, one) }));
  expect(compared.flatMap(({ lines }) => lines ?? [])).toEqual([]);
  const unparsed = compared.filter(({ lines }) => lines === null).map(({ path }) => path.split("/src/")[1] ?? path);
  expect(unparsed.sort()).toEqual(UNPARSED);
  expect(compiled.flatMap(({ rows }) => rows).length).toBeGreaterThan(2_000);
}, 120_000);

test("a difference is told", async () => {
  const path = join(folder, "told.ts");
  writeFileSync(path, "export function f(a: 1) {}\n");
  const [compiled] = await definitionsByCompiler([path]);
  expect(compilerDifferences(grammars, { ...compiled!, text: "export function f(b: 1) {}\nlet g = 1;\n" })).toEqual([
    `${path}: only we have function f 1-1 {"async":false,"generator":false,"parameters":[["b",false,false]]}`,
    `${path}: only we have variable g 2-2 `,
    `${path}: only the compiler has function f 1-1 {"async":false,"generator":false,"parameters":[["a",false,false]]}`,
  ]);
});
