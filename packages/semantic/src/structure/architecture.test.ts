import { expect, test } from "bun:test";
import { openGrammars } from "../grammar.ts";
import { rulesOf, type Texts, treeOf } from "../testing/texts.ts";
import { type Architecture, degradations, metricsOf, newOffenders, offendersOf } from "./architecture.ts";
import { groupsOf } from "./circles.ts";
import { LIMITS } from "./limits.ts";
import { fileShapes } from "./shapes.ts";

const grammars = await openGrammars();
const link = await rulesOf();
const structure = (language: string) => grammars.profile(language).complexity;

async function architectureOf(texts: Texts): Promise<Architecture> {
  const paths = Object.keys(texts);
  const shapes = fileShapes(await treeOf(texts), { link, structure }, paths);
  return new Map(paths.flatMap((path, at) => (shapes[at] ? [[path, shapes[at]] as const] : [])));
}

const edges = async (texts: Texts): Promise<string[]> =>
  [...(await architectureOf(texts))].flatMap(([path, { imports }]) => imports.map((to) => `${path} > ${to}`));

test.each<[string, Texts, string[]]>([
  [
    "what runs when a module is loaded",
    { "a.py": "import b\nfrom c import x\n", "b.py": "", "c.py": "x = 1\n" },
    ["a.py > b.py", "a.py > c.py"],
  ],
  [
    "not later, for types alone, or where a failure is caught",
    {
      "a.py":
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import b\ndef f():\n    import c\ntry:\n    import d\nexcept ImportError:\n    pass\n",
      "b.py": "",
      "c.py": "",
      "d.py": "",
    },
    [],
  ],
  [
    "a submodule by its name, without what is on the way to it",
    { "p/__init__.py": "", "p/a.py": "from . import b\nfrom p import c\n", "p/b.py": "", "p/c.py": "" },
    ["p/a.py > p/b.py", "p/a.py > p/c.py"],
  ],
  [
    "a name of the package itself",
    { "p/__init__.py": "x = 1\n", "p/a.py": "from . import b, x\n", "p/b.py": "" },
    ["p/a.py > p/__init__.py", "p/a.py > p/b.py"],
  ],
  ["modules of others", { "a.py": "import os\nimport requests\n" }, []],
  [
    "in TypeScript",
    {
      "src/a.ts": 'import { b } from "./b.ts";\nimport type { c } from "./c.ts";\nexport * from "./d.ts";\n',
      "src/b.ts": "export const b = 1;\n",
      "src/c.ts": "export type c = 1;\n",
      "src/d.ts": "",
    },
    ["src/a.ts > src/b.ts", "src/a.ts > src/d.ts"],
  ],
  [
    "a package of Go is all its files",
    {
      "go.mod": "module m\n",
      "a.go": 'package main\n\nimport "m/b"\n\nvar x = b.Y\n',
      "b/b.go": "package b\n\nvar Y = 1\n",
      "b/c.go": "package b\n",
    },
    ["a.go > b/b.go", "a.go > b/c.go"],
  ],
])("edges: %s", async (_name, texts, expected) => {
  expect(await edges(texts)).toEqual(expected);
});

test("a package is one module, however many files it has", async () => {
  const architecture = await architectureOf({
    ...{ "go.mod": "module m\n", "a.go": 'package main\n\nimport "m/b"\n\nvar x = b.Y\n' },
    ...{ "b/b.go": "package b\n\nvar Y = 1\n", "b/c.go": "package b\n" },
  });
  expect(architecture.get("a.go")?.reach).toBe(1);
});

/** A function that has so many branches, each as deep as the other. */
const branching = (name: string, count: number): string =>
  `def ${name}(a):\n${Array.from({ length: count }, (_, at) => `    if a == ${at}:\n        a += 1\n`).join("")}    return a\n`;
const long = (name: string, lines: number): string => `def ${name}(a):\n${"    a += 1\n".repeat(lines - 1)}`;
const importing = (count: number): Texts => ({
  ...Object.fromEntries(Array.from({ length: count }, (_, at) => [`m${at}.py`, ""])),
  "all.py": Array.from({ length: count }, (_, at) => `import m${at}\n`).join(""),
});
const CIRCLE: Texts = { "a.py": "import b\n", "b.py": "import c\n", "c.py": "import a\n", "d.py": "import a\n" };

const told = (architecture: Architecture): string[] =>
  offendersOf(architecture).map(
    ({ kind, path, line, name, metric, value, members }) =>
      `${kind} ${path}:${line ?? ""} ${name}${members.join(",")} ${metric}=${value}`,
  );

test.each<[string, Texts, string[]]>([
  ["nothing is", { "a.py": branching("f", 8) + long("g", 44), ...importing(15) }, []],
  ["a branching function", { "a.py": branching("f", 9) }, ["complex_functions a.py:1 f cyclomatic=10"]],
  [
    "a deep one",
    {
      "a.py":
        "def f(a):\n    for b in a:\n        for c in b:\n            for d in c:\n                for e in d:\n                    if e:\n                        pass\n",
    },
    ["cog_complex_functions a.py:1 f cognitive=15"],
  ],
  ["a long one", { "a.py": `x = 1\n${long("g", 45)}` }, ["long_functions a.py:2 g lines=45"]],
  ["a file that imports very many", importing(16), ["god_files all.py:  imports=16"]],
  ["a circle, and not who leads into it", CIRCLE, ["cycles a.py: a.py,b.py,c.py files=3"]],
  ["modules of Rust may go in circles", { "src/lib.rs": "mod a;\npub fn f() {}\n", "src/a.rs": "use crate::f;\n" }, []],
])("past a limit: %s", async (_name, texts, expected) => {
  expect(told(await architectureOf(texts))).toEqual(expected);
});

const fresh = async (before: Texts, after: Texts): Promise<string[]> =>
  newOffenders(offendersOf(await architectureOf(before)), offendersOf(await architectureOf(after))).map(
    ({ kind, path, name }) => `${kind} ${path} ${name}`,
  );
const F = branching("f", 9);

test.each<[string, Texts, Texts, string[]]>([
  ["a new one", { "a.py": "x = 1\n" }, { "a.py": F }, ["complex_functions a.py f"]],
  ["GT-28 an old one, and another line of its file", { "a.py": F }, { "a.py": `x = 1\n${F}` }, []],
  ["an old one that is better", { "a.py": branching("f", 12) }, { "a.py": branching("f", 10) }, []],
  ["an old one that is worse", { "a.py": F }, { "a.py": branching("f", 10) }, ["complex_functions a.py f"]],
  ["one that was moved", { "a.py": F, "b.py": "" }, { "a.py": "", "b.py": F }, []],
  ["one that got another name", { "a.py": F }, { "a.py": branching("g", 9) }, []],
  ["a copy", { "a.py": F }, { "a.py": F, "b.py": F }, ["complex_functions b.py f"]],
  ["GT-29 an old circle, and another file", CIRCLE, { ...CIRCLE, "x.py": "y = 1\n" }, []],
  [
    "a circle that was broken in two",
    { ...CIRCLE, "b.py": "import a\nimport c\n" },
    { "a.py": "import b\n", "b.py": "import a\n", "c.py": "" },
    [],
  ],
  ["a circle that takes in one more", CIRCLE, { ...CIRCLE, "b.py": "import c\nimport d\n" }, ["cycles a.py "]],
  ["a file that imported too many, and imports more", importing(16), importing(17), ["god_files all.py "]],
])("new: %s", async (_name, before, after, expected) => {
  expect(await fresh(before, after)).toEqual(expected);
});

test("D10 metrics, and which of them are worse", async () => {
  const good = metricsOf(await architectureOf({ "p/a.py": "import q.b\n\n\ndef f():\n    pass\n", "q/b.py": "" }));
  expect(good).toEqual({
    ...{
      quality_signal: 1,
      coupling_score: 1,
      cycle_count: 0,
      god_file_count: 0,
      complex_fn_count: 0,
      long_fn_count: 0,
    },
    ...{ max_depth: 1, total_import_edges: 1, cross_module_edges: 1, files: 2, functions: 1 },
  });
  const bad = metricsOf(await architectureOf({ ...CIRCLE, "e.py": F + long("g", 45), ...importing(16) }));
  expect({ ...bad, quality_signal: Math.round(bad.quality_signal * 1000) }).toMatchObject({
    ...{ quality_signal: 674, cycle_count: 1, god_file_count: 1, complex_fn_count: 1, long_fn_count: 1 },
    ...{ max_depth: 1, total_import_edges: 20, coupling_score: 0 },
  });
  const words = (from: typeof good, to: typeof good) => degradations(from, to).map(({ words }) => words);
  expect(words(good, bad)).toEqual([
    "Quality dropped",
    "Cycles increased",
    "God files increased",
    "Complex functions increased",
    "Long functions increased",
  ]);
  expect(words(bad, good)).toEqual(["Coupling increased"]);
  expect(words(good, { ...good, quality_signal: 0.995, coupling_score: 1.01 })).toEqual([]);
  expect(words(good, good)).toEqual([]);
});

test("nothing has no structure, and is no fault", () => {
  expect(metricsOf(new Map())).toMatchObject({ quality_signal: 1, coupling_score: 0, max_depth: 0 });
  expect(offendersOf(new Map())).toEqual([]);
  expect(LIMITS.reach).toBe(16);
});

test("groups of a graph: chains as long as there are files, circles side by side, ways out of the graph", () => {
  const chain = new Map(Array.from({ length: 50_000 }, (_, at) => [`${at}`, [`${at + 1}`]]));
  expect(groupsOf(chain).depth).toBe(49_999);
  const graph = new Map([
    ["a", ["b", "gone"]],
    ["b", ["a", "c"]],
    ["c", ["d", "e"]],
    ["d", ["c"]],
    ["e", []],
  ]);
  const { groups, depth } = groupsOf(graph);
  expect(groups.map((group) => group.join("")).sort()).toEqual(["ab", "cd", "e"]);
  expect(depth).toBe(2);
});
