import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { jsonIn } from "../../json_text.ts";
import { type FileCoverage, FORMATS } from "./formats.ts";
import { placesOf } from "./places.ts";

const FOLDER = join(import.meta.dir, "../../../../../test/fixtures/coverage");

/** Which kind of report it is taken for, and what is read of it. */
function read(text: string): { name: string; rows: FileCoverage[] } | null {
  const json = jsonIn(text);
  for (const { name, read: rowsOf } of FORMATS) {
    const rows = rowsOf({ text, json });
    if (rows) return { name, rows };
  }
  return null;
}
const PATHS = new Set(["src/__init__.py", "src/a.py", "src/b.py", "src/a.js", "src/a.ts", "t.js", "cart/cart.go"]);

test.each<[string, string, string[]]>([
  ["coverage_py.json", "coverage.py JSON", ["src/__init__.py 100.00", "src/a.py 66.67", "src/b.py 100.00"]],
  ["coverage_py.xml", "Cobertura XML", ["src/__init__.py 100.00", "src/a.py 66.67", "src/b.py 100.00"]],
  ["coverage_py.lcov", "lcov", ["src/__init__.py 100.00", "src/a.py 66.67", "src/b.py 100.00"]],
  ["istanbul.json", "istanbul JSON", ["t.js 66.67", "src/a.js 60.00"]],
  ["istanbul_summary.json", "istanbul summary", ["t.js 66.67", "src/a.js 60.00"]],
  ["istanbul.lcov", "lcov", ["t.js 100.00", "src/a.js 60.00"]],
  ["istanbul.xml", "Cobertura XML", ["t.js 100.00", "src/a.js 60.00"]],
  ["go.out", "Go cover profile", ["cart/cart.go 50.00"]],
  ["bun.lcov", "lcov", ["src/a.ts 40.00"]],
])("%s, as the tool wrote it", (fixture, kind, expected) => {
  const report = read(readFileSync(join(FOLDER, fixture), "utf8"));
  expect(report?.name).toBe(kind);
  const places = placesOf(report?.rows ?? [], { paths: PATHS, roots: ["/r"] });
  expect([...places].map(([path, percent]) => `${path} ${percent.toFixed(2)}`)).toEqual(expected);
});

test.each<[string, string, [string, number][] | null]>([
  ["no report", "all is well", null],
  ["an empty text", "", null],
  ["a number", "7", null],
  ["another JSON", '{"files": {"a.py": {"percent": 1}}}', null],
  ["more than all", '{"files": {"a.py": {"summary": {"percent_covered": 101}}}}', null],
  ["a percentage in words", '{"files": {"a.py": {"summary": {"percent_covered": "95"}}}}', null],
  ["XML that was cut off", '<coverage><class filename="a.py"><line number="1" hits="1"/>', null],
  ["lcov by its sums", "SF:a.py\nLF:4\nLH:1\nend_of_record\n", [["a.py", 25]]],
  ["lcov with more hit than found", "SF:a.py\nLF:1\nLH:9\n", [["a.py", 100]]],
  [
    "a line twice in lcov",
    "SF:a.py\nDA:1,0\nDA:1,2\nSF:b.py\nDA:1,x\n",
    [
      ["a.py", 100],
      ["b.py", 0],
    ],
  ],
  ["a file in two records of lcov", "SF:a.py\nDA:1,1\nend_of_record\nSF:a.py\nDA:2,0\n", [["a.py", 50]]],
  [
    "a block of Go that two packages ran",
    "mode: set\nm/a.go:1.1,2.2 3 0\nm/a.go:1.1,2.2 3 1\nm/a.go:3.1,3.9 1 0\n",
    [["m/a.go", 75]],
  ],
  [
    "a file of Cobertura in two classes",
    '<coverage><class filename="a &amp; b.py"><line number="1" hits="0"/></class><class filename="a &amp; b.py"><line hits="2" number="2"/></class></coverage>',
    [["a & b.py", 50]],
  ],
  ["nothing that could be run", '{"/r/a.js": {"path": "/r/a.js", "s": {}}}', [["/r/a.js", 100]]],
])("%s", (_name, text, expected) => {
  const rows = read(text)?.rows.map(({ written, percent }) => [written.at(-1) ?? "", percent] as [string, number]);
  expect(rows ?? null).toEqual(expected);
});

const row = (path: string, percent = 50): FileCoverage => ({ written: [path], percent });

test.each<[string, string[], string[], string[]]>([
  [
    "relative, absolute and with dots",
    ["a.py", "/r/b.py", "./x/../c.py", "d\\e.py"],
    ["a.py", "b.py", "c.py", "d/e.py"],
    ["a.py", "b.py", "c.py", "d/e.py"],
  ],
  ["outside of the checkout", ["../a.py", "/usr/lib/a.py", "/rr/a.py", "x/../../a.py", ".."], ["a.py"], []],
  ["what is not in the tree", ["b.py", "node_modules/x.js"], ["a.py"], []],
  [
    "a module's path before all",
    ["example.com/m/a.go", "example.com/m/x/b.go"],
    ["a.go", "x/b.go"],
    ["a.go", "x/b.go"],
  ],
  [
    "another module's files are not ours",
    ["example.com/m/x/a.go", "example.com/m/x/b.go", "golang.org/text/a.go"],
    ["x/a.go", "x/b.go", "text/a.go", "a.go"],
    ["x/a.go", "x/b.go"],
  ],
  [
    "a tool that ran in a folder",
    ["src/a.ts", "src/b.ts"],
    ["web/src/a.ts", "web/src/b.ts", "api/src/a.ts"],
    ["web/src/a.ts", "web/src/b.ts"],
  ],
  ["nothing is guessed for a file that is there", ["a.ts", "b.ts"], ["a.ts", "web/b.ts"], ["a.ts", "web/b.ts"]],
])("places: %s", (_name, written, paths, expected) => {
  const found = placesOf(
    written.map((path) => row(path)),
    { paths: new Set(paths), roots: ["/r"] },
  );
  expect([...found.keys()]).toEqual(expected);
});

test("a file that a report has twice has the lower number", () => {
  const rows = [row("a.py", 90), row("/r/a.py", 40), row("./a.py", 70)];
  expect([...placesOf(rows, { paths: new Set(["a.py"]), roots: ["/r"] })]).toEqual([["a.py", 40]]);
});

test("a long report of a stranger takes no long time", () => {
  const began = performance.now();
  read(`<coverage>${"<class ".repeat(300_000)}</coverage>`);
  read(`<coverage>${"<source>".repeat(300_000)}</coverage>`);
  read(`mode: set\n${"a:1.1,".repeat(300_000)}`);
  const rows = Array.from({ length: 50_000 }, (_, at) => row(`m/index${at % 7}.ts`));
  placesOf(rows, { paths: new Set(Array.from({ length: 5_000 }, (_, at) => `p${at}/index.ts`)), roots: ["/r"] });
  expect(performance.now() - began).toBeLessThan(20_000);
});
