import { describe, expect, test } from "bun:test";
import type { Summary } from "../summary.ts";
import { analyse, calls, short } from "./testing/analyse.ts";

const typescript = (text: string) => analyse("typescript", text);
const reads = (text: string, language = "typescript") =>
  analyse(language, text).reads.map((read) => `${short(read)}${read.time === "types" ? ":" : ""}`);

describe("TypeScript: a read is told when no scope inside the module binds its name", () => {
  test.each<[title: string, text: string, expected: string[]]>([
    ["module", "a; b.c.d; e?.f!.g", ["a", "b.c.d", "e.f.g"]],
    ["dots end at calls and subscripts", "a.b(c).d; e[0].f", ["a.b", "c", "e"]],
    ["parameters", "function f(a, {b, c: [d], ...e}: T, g = h, ...i) { a, b, d, e, g, i, c }", ["T:", "h", "c"]],
    ["var goes to the function, let to its block", "{ { var a; let b } a; b }", ["b"]],
    ["what is below counts", "function f() { a; g(); function g() {} const a = 1 }", []],
    ["loops", "for (const a of b) a; for (let i = 0; i < c; i++) i; a; i", ["b", "c", "a", "i"]],
    ["catch", "try {} catch ({ a }) { a } a", ["a"]],
    ["assignments bind nothing", "a = 1; ({ b, c: d } = e); [f] = g", ["a", "b", "d", "e", "f", "g"]],
    ["arrow functions", "a => b => a + b + c", ["c"]],
    ["names of expressions are their own", "(function f() { f }); (class K { m() { K } }); f; K", ["f", "K"]],
    ["members are no names", "class K { a = b; m() { a; this.a } }", ["b", "a", "this.a of K"]],
    ["keys are no names, what is short for both is", "({ a: b, c, [d]: 1, e() {} })", ["b", "c", "d"]],
    ["labels", "a: for (;;) break a", []],
    ["types", "let a: B<C> | D.E = f as G", ["B:", "C:", "D.E:", "f", "G:"]],
    ["typeof and import() as types", "let a: typeof b.c; let d: import('e').F", ["b.c:"]],
    [
      "type parameters",
      "function f<T extends A>(x: T): T {} type B<U> = { [K in keyof U]: K }; type C = D extends (infer V)[] ? V : E",
      ["A:", "D:", "E:"],
    ],
    [
      "names in signatures are theirs",
      "type F = (a: B) => a is C; interface I { m(c: D): void; [k: string]: E }",
      ["B:", "C:", "D:", "E:"],
    ],
    ["enums and namespaces", "enum A { B = c } namespace N { export const d = 1; d; e } d", ["c", "e", "d"]],
    ["decorators", "@a.b(c) class K { @d m() {} @e f = g }", ["a.b", "c", "d", "e", "g"]],
    ["templates", "`$" + "{a} $" + "{b.c()}`", ["a", "b.c"]],
    ["a guard against what may be missing", "typeof a", ["a"]],
  ])("%s", (_title, text, expected) => {
    const unbound = new Set(typescript(text).bindings.map(({ name }) => name));
    expect(reads(text).filter((read) => !unbound.has(read.replace(/[. :].*$/, "")) || expected.includes(read))).toEqual(
      expected,
    );
  });

  test("elements are reads where they are no tags", () => {
    const text = "const x = <A.B c={d} {...e}><f.g/><h i='j'>{k}</h></A.B>";
    expect(reads(text, "tsx")).toEqual(["A.B", "d", "e", "f.g", "k"]);
    expect(reads(text, "javascript")).toEqual(["A.B", "d", "e", "f.g", "k"]);
  });
});

test("TypeScript: what the module binds, and for what", () => {
  const text = `
    import a, { b as c, type D } from "./m"; import * as e from "n"; import type { F } from "o"; import g = require("p");
    export const h = 1, { i } = a; let j = c; var k; function l() { var inner } class M {} interface N {} type O = 1;
    enum P {} namespace Q {} declare const R: string; { let no; var s }`;
  const { bindings } = typescript(text);
  expect(bindings.map(({ name, kind, time }) => `${name} ${kind}${time === "types" ? " types" : ""}`)).toEqual([
    ...["a import", "c import", "D import types", "e import", "F import types", "g import", "h variable", "i variable"],
    ...["j alias", "k variable", "l function", "M class", "N type types", "O type types", "P class", "Q namespace"],
    ...["R variable types", "s variable"],
  ]);
  expect(bindings.map(({ from }) => from && `${from.module}:${from.name ?? "*"}`).filter(Boolean)).toEqual([
    ...["./m:default", "./m:b", "./m:D", "n:*", "o:F", "p:*", ":c"],
  ]);
});

test("TypeScript: imports and exports", () => {
  const text = `
    import "side"; import a, { b as c, "d e" as f } from "m"; import type { G } from "n"; import * as h from "o";
    export { a, c as i }; export { j as k, l } from "p"; export * from "q"; export * as r from "s"; export type { T } from "t";
    export default function u() {} export const v = 1, [w] = v; export function x() {} export class Y {} export interface Z {}
    function later() { return import("lazy") } let t: import("types").T; try { require("guarded") } catch {}`;
  const { imports, exports } = typescript(text);
  const shown = imports.map(({ module, names, alias, time, guarded, eager, exported }) => {
    const what = Array.isArray(names)
      ? names.map((one) => `${one.name}=${one.alias}`).join()
      : (names ?? `as ${alias}`);
    const flags = [time === "types" && "types", guarded && "guarded", !eager && "lazy", exported && "exported"];
    return [module, what, ...flags].filter((part) => part !== false && part !== "").join(" ");
  });
  expect(shown).toEqual([
    ...["side", "m default=a,b=c,d e=f", "n G=G types", "o as h", "p j=k,l=l exported", "q * exported"],
    ...["s as r exported", "t T=T types exported", "lazy lazy", "types types lazy", "guarded guarded"],
  ]);
  expect(given(exports)).toEqual(["T", "Y", "Z", "a", "default=u", "i=c", "k=j", "l", "r", "v", "w", "x"].sort());
});

const given = (exports: Summary["exports"]) =>
  Array.isArray(exports) ? exports.map(({ name, of }) => (name === of ? name : `${name}=${of}`)).sort() : exports;

test("TypeScript: what has type parameters is exported like what has none", () => {
  const text = `
    export function f<T>(a: T) {} export type A<T> = T; export interface B<T> { g<U>(a: U): T }
    export class C<T> { h<U>() { const inner = 1; } } export const d = <T>(e: T) => e;
    export abstract class D<T> {} export default function i<T>() {} export declare function j<T>(): T;
    namespace N { export function k<T>() {} export type E<T> = T } type F<T> = T; function l<T>() {}`;
  expect(given(analyse("typescript", text).exports)).toEqual(["A", "B", "C", "D", "d", "default=i", "f", "j"]);
});

test("TypeScript: what namespaces and other modules give away is no export of the file", () => {
  const text = `
    export namespace N { export { a as b, c }; export type { d }; export const e = 1 }
    declare module "m" { export default f; export { g }; export * as h from "i"; export function j(): void }
    const exports = { k: 1 }; exports.k = 2; export { exports as l }; export * as m from "n";`;
  expect(given(analyse("typescript", text).exports)).toEqual(["N", "l=exports", "m"]);
});

test("JavaScript: modules of the older kind", () => {
  const text = `
    const a = require("./a"), { b, c: d } = require("b");
    exports.e = 1; module.exports.f = 2;`;
  const { imports, exports, bindings } = analyse("javascript", text);
  expect(imports.map(({ module, names, alias }) => [module, names, alias])).toEqual([
    ["./a", null, "a"],
    [
      "b",
      [
        { name: "b", alias: "b" },
        { name: "c", alias: "d" },
      ],
      null,
    ],
  ]);
  expect(bindings.map(({ name, from }) => [name, from?.module, from?.name])).toEqual([
    ["a", "./a", null],
    ["b", "b", "b"],
    ["d", "b", "c"],
  ]);
  expect(given(exports)).toEqual(["e=null", "f=null"]);
  expect(given(analyse("javascript", "module.exports = { a, b: 1, c() {} }").exports)).toEqual([
    "a=null",
    "b=null",
    "c=null",
  ]);
  expect(given(analyse("javascript", "export default [1]").exports)).toEqual(["default=null"]);
  expect(analyse("javascript", "module.exports = { a, ...b }").exports).toBe("dynamic");
  expect(analyse("javascript", "module.exports = make()").exports).toBe("dynamic");
  expect(analyse("javascript", "const a = 1").exports).toBeNull();
});

test("TypeScript: calls", () => {
  const text = `
    import { K } from "k"; import * as lib from "lib";
    f(1, ...a); new K<T>(1).m(); await g(); const [x, y] = h(); for (const z of i()) {} j()[0]; k?.(1); l.bind(o, 1);
    class C extends B { constructor(private q: K) { super(1); this.n(2); super.p(); q.r(3) } }
    function t(u: lib.K) { const w = new K(); w.m(); u.m(4) }`;
  expect(calls(typescript(text))).toEqual([
    ...[
      "f(1 …) none",
      "K(1)",
      "K.m of a K(0) none",
      "g(0) awaited none",
      "h(0) unpack 2",
      "i(0) iterate",
      "j(0) subscript",
    ],
    ...["k(1) none", "l.bind(2) none", "l(1) partial", "super.constructor of C(1) none", "this.n of C(1) none"],
    ...["super.p of C(0) none", "q.r of a K(1) none", "K(0)", "w.m of a K(0) none", "u.m of a lib.K(1) none"],
  ]);
});

test("TypeScript: classes", () => {
  const text = `
    abstract class A extends m.B<T> implements I, J<U> {
      static s = 1; #p; readonly c: string = "x"; declare d; abstract e: number;
      constructor(private f, readonly g, h) { super(); this.i = 1 }
      abstract j(): void; static k() {} get l() { return 1 } set l(v) {} n?(): void; o() { const q = () => { this.r = 1 } }
    }
    interface I extends J { a: string; b?: number; c(): void; d?(): void }
    interface Open { [key: string]: number }
    enum E { A, B = 2 }
    class Computed extends mix(A) {}`;
  const { classes } = typescript(text);
  const shown = classes.map(({ name, kind, bases, members, open }) => [
    ...[`${kind} ${name}`, bases.join(), open],
    members.map(
      (one) => `${one.name} ${one.kind}${one.abstract ? " abstract" : ""}${one.value === null ? "" : `=${one.value}`}`,
    ),
  ]);
  expect(shown).toEqual([
    [
      ...["abstract A", "m.B,I,J", null],
      [
        ...[
          "s field=1",
          "#p field",
          'c field="x"',
          "d field",
          "e field abstract",
          "constructor method",
          "j method abstract",
        ],
        ...["k static", "l property", "n method", "o method", "f own", "g own", "i own", "r own"],
      ],
    ],
    ["interface I", "J", null, ["a field abstract", "b field", "c method abstract", "d method"]],
    ["interface Open", "", "it has members of any name", []],
    ["enum E", "", null, ["A member", "B member=2"]],
    ["plain Computed", "", "one of its bases is computed", []],
  ]);
});

describe("TypeScript and JavaScript: what the grammar takes and the language does not", () => {
  const faults = (text: string, language = "typescript") => analyse(language, text).faults.map(({ code }) => code);
  test.each<[fires: string, text: string]>([
    ["repeated_binding", "let a; const a = 1"],
    ["repeated_binding", "class A {} let A"],
    ["repeated_binding", "import { a } from 'm'; const a = 1"],
    ["repeated_binding", "function f(a) { let a }"],
    ["repeated_binding", "{ let a; var a }"],
    ["repeated_parameter", "function f(a, a) {}"],
    ["repeated_key", "({ a: 1, b: 2, 'a': 3 })"],
    ["outside_function", "return 1"],
    ["outside_asynchronous", "function f() { await g() }"],
    ["outside_loop", "switch (a) { case 1: continue }"],
    ["outside_breakable", "function f() { break }"],
  ])("%s: %s", (code, text) => {
    expect(faults(text)).toEqual([code]);
  });
  test.each([
    "var a; var a; function a() {}",
    "let a; { let a }",
    "function f(a) { { let a } }",
    "interface A {} class A {} interface A {}",
    "function f(): void; function f(a?: 1) {}",
    "namespace N {} namespace N {} enum E {} enum E {}",
    "import type { a } from 'm'; const b = 1; type b = 2",
    "({ get a() { return 1 }, set a(v) {}, c: 0, ...b, c: 1, ...d, c: 2 })",
    "await a; async () => { await b }; for (;;) { break } switch (a) { case 1: break }",
    "for (const a of b) { const a = 1 } for (const a of b) {}",
    "class A { a() {} static a() {} } type F = (a: 1) => void; type G = (a: 1) => void",
  ])("nothing: %s", (text) => {
    expect(faults(text)).toEqual([]);
  });
  test("JavaScript allows repeated keys and parameters", () => {
    expect(faults("({ a: 1, a: 2 }); function f(a, a) {}", "javascript")).toEqual([]);
  });
});

test.each([
  ["f(a, ...b)", 1, true],
  ["f(a, /* first */ b)", 2, false],
  ["new f(a)", 1, false],
])("JavaScript: %s gives so many arguments by place", (text, placed, spread) => {
  const call = analyse("javascript", text).calls.find(({ callee }) => callee.name === "f");
  expect(call).toMatchObject({ placed, spread });
});
