import { expect, setDefaultTimeout, test } from "bun:test";
import { rulesOf, treeOf } from "../testing/texts.ts";
import { openLinker } from "./linker.ts";
import { type Outcome, targetKey } from "./outcome.ts";

setDefaultTimeout(60_000); // a grammar is compiled when it is first used

const TREE = {
  "src/pkg/__init__.py": "from .core import f, Base as B\nfrom .stars import *\n",
  "src/pkg/core.py": "def f(): pass\n\nclass Base:\n    X = 1\n    def m(self): pass\n",
  "src/pkg/stars.py": '__all__ = ["shown", "_kept"]\ndef shown(): pass\ndef hidden(): pass\n_kept = 1\n',
  "src/pkg/open.py": "def __getattr__(name): return name\n",
  "src/pkg/sub/deep.py": "from ..core import Base\nclass Heir(Base):\n    def n(self): return self.m()\n",
  "src/pkg/odd.py": "from os.path import *\nfrom .core import *\n",
  "src/pkg/both.py": "try:\n    from .core import f\nexcept ImportError:\n    f = None\n",
  "src/pkg/a.py": "from .b import *\n",
  "src/pkg/b.py": "from .a import *\n",
  "app.py": "import pkg\n",
  "tests/helper.py": "def h(): pass\n",
  "tests/test_a.py": "import helper\n",
};

async function follow(path: string, dotted: string): Promise<string> {
  const linker = openLinker(await treeOf(TREE), await rulesOf());
  const [name = "", ...members] = dotted.split(".");
  return say(linker.follow(path, { name, members, self: null, instance: null, from: null }, "run"));
}

function say(outcome: Outcome): string {
  if (outcome.is === "found")
    return [targetKey(outcome.target), ...outcome.rest, outcome.likely === null ? "" : "?"].filter(Boolean).join(" ");
  return outcome.is === "missing" ? `missing ${outcome.missing.what} ${outcome.missing.path}` : outcome.is;
}

test.each<[path: string, dotted: string, leads: string]>([
  ["app.py", "pkg", "src/pkg/__init__.py"],
  ["app.py", "pkg.f", "src/pkg/core.py::f"],
  ["app.py", "pkg.B.m", "src/pkg/core.py::Base.m"],
  ["app.py", "pkg.B.nothing", "missing member src/pkg/core.py"],
  ["app.py", "pkg.core.f", "src/pkg/core.py::f"],
  ["app.py", "pkg.sub.deep.Heir.m", "src/pkg/core.py::Base.m"],
  ["app.py", "pkg.shown", "src/pkg/stars.py::shown"],
  ["app.py", "pkg._kept", "src/pkg/stars.py::_kept"],
  ["app.py", "pkg.hidden", "missing name src/pkg/__init__.py"],
  ["app.py", "pkg.open.anything", "unknown"],
  ["app.py", "print", "outside"],
  ["app.py", "nothing", "missing name app.py"],
  ["src/pkg/odd.py", "f", "src/pkg/core.py::f"],
  ["src/pkg/odd.py", "basename", "unknown"],
  ["src/pkg/both.py", "f", "src/pkg/core.py::f ?"],
  ["src/pkg/a.py", "never", "unknown"],
  ["tests/test_a.py", "helper.h", "tests/helper.py::h"],
])("in %s, %s is %s", async (path, dotted, leads) => {
  expect(await follow(path, dotted)).toBe(leads);
});

test("a class without one linear order of its bases is told, and one with it is not", async () => {
  const view = await treeOf({
    "m.py": "class A: pass\nclass B(A): pass\nclass C(A, B): pass\nclass D(B, A): pass\n",
  });
  const linker = openLinker(view, await rulesOf());
  expect(linker.lineage("m.py", "C").broken).toBe("C");
  expect(linker.lineage("m.py", "D").broken).toBeNull();
  expect(linker.lineage("m.py", "D").classes.map(({ shape }) => shape.name)).toEqual(["D", "B", "A"]);
});

test("a module is found by an extension, an index, a path of tsconfig.json, and not where there is none", async () => {
  const view = await treeOf({
    "tsconfig.json": '{ // told\n "compilerOptions": { "paths": { "~/*": ["./src/*"] } } }',
    "src/a.ts": "export const a = 1;",
    "src/b/index.ts": "export { a } from '../a.js';",
  });
  const linker = openLinker(view, await rulesOf());
  const at = (written: string) => {
    const module = linker.module("src/a.ts", written);
    return module.at === "module" ? module.file : module.at;
  };
  expect(["./a", "./a.js", "./b", "~/b", "react", "./c"].map(at)).toEqual([
    ...["src/a.ts", "src/a.ts", "src/b/index.ts", "src/b/index.ts"],
    ...["outside", "outside"],
  ]);
});

const MODULES = {
  "lib.ts": `const a = 1; function hidden() {} export { a as b }; export default class K { m() {} } export interface I { x: 1 }
export function f(x: string): 1; export function f(x: number): 2; export function f(x: unknown) { return x }`,
  "index.ts":
    'export { b as c } from "./lib"; export * from "./lib"; export * as all from "./lib"; export { default } from "./lib";',
  "app.ts":
    'import K, { b, c, hidden, all, I, f } from "./index"; import own from "./list"; import { one } from "./old";',
  "list.ts": "export default [1];",
  "old.js": "module.exports = make();",
};

test.each<[dotted: string, leads: string]>([
  ["b", "lib.ts::a"],
  ["c", "lib.ts::a"],
  ["K.m", "lib.ts::K.m"],
  ["all.b", "lib.ts::a"],
  ["all.hidden", "missing name lib.ts"],
  ["hidden", "missing name index.ts"],
  ["own", "list.ts::default"],
  ["I", "lib.ts::I"],
  ["f", "lib.ts::f"],
  ["one", "unknown"],
])("what a module gives away: %s is %s", async (dotted, leads) => {
  const linker = openLinker(await treeOf(MODULES), await rulesOf());
  const [name = "", ...members] = dotted.split(".");
  expect(say(linker.follow("app.ts", { name, members, self: null, instance: null, from: null }, "run"))).toBe(leads);
});

const MANY = Array.from({ length: 14 }, (_, at) => at);
const ways = (line: (at: number) => string) => MANY.map(line).join("");

// Without each being asked once, any of these takes longer than anybody waits: they are 4 to 13 ways at each of 12 steps.
test.each<[what: string, texts: Record<string, string>, dotted: string, leads: string]>([
  [
    "stars of stars",
    Object.fromEntries([
      ...MANY.map((at) => [`m${at}.py`, ways((one) => (one === at ? "" : `from m${one} import *\n`))]),
      ["app.py", "from m0 import *\n"],
    ]),
    "nothing",
    "unknown",
  ],
  [
    "aliases of aliases",
    {
      "app.py": ways((at) =>
        ["if x", "elif y", "elif z"].map((test) => `${test}:\n    v${at} = v${at + 1}\n`).join(""),
      ),
    },
    "v0",
    "app.py::v12 ?",
  ],
  [
    "bases of bases",
    {
      "app.py": ways(
        (at) =>
          `class C${at}(${MANY.slice(Math.max(0, at - 5), at)
            .reverse()
            .map((one) => `C${one}`)
            .join(", ")}): pass\n`,
      ),
    },
    "C13.nothing",
    "unknown",
  ],
])("many ways to one name take no time: %s", async (_what, texts, dotted, leads) => {
  const linker = openLinker(await treeOf(texts), await rulesOf());
  const [name = "", ...members] = dotted.split(".");
  expect(say(linker.follow("app.py", { name, members, self: null, instance: null, from: null }, "run"))).toBe(leads);
});
