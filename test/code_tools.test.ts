import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { openReadCode } from "../packages/governor/src/semantic/read_code.ts";
import { runTool } from "../packages/sandbox/src/registry.ts";
import type { Host } from "../packages/sandbox/src/tool.ts";
import { type Lab, openLab } from "./lab.ts";
import { dgov, makeRepository } from "./repo.ts";

setDefaultTimeout(120_000);

const FILES = {
  "src/util.py": "def helper(n):\n    return n\n\n\nclass Cart:\n    def total(self):\n        return helper(1)\n",
  "src/app.py":
    "from util import helper as h\n\n\ndef run(cart):\n    # helper is a word here\n    return h(1) + cart.total()\n",
  "src/alien.py": "def helper():\n    return 0\n\n\nhelper()\n",
  "tests/test_util.py": "from util import helper\n\n\ndef test_it():\n    assert helper(1) == 1\n",
  "notes.txt": "helper\n",
  "web/a.ts": "export function area(n: number): number {\n  return n;\n}\n",
  "web/b.ts": 'import { area as surface } from "./a";\nexport const one = surface(1);\n',
  "go/a.go": "package a\n\ntype Cart struct {\n\tSize int\n}\n\nfunc Total(n int) int {\n\treturn n\n}\n",
  "go/bad.go": "package a\n\nfunc (\n",
  "conf/a.toml": "[tool]\nname = 1\n",
  "go/go.mod": "module example.org/a\n",
  "go/cmd/main.go": 'package main\n\nimport "example.org/a"\n',
  "rust/src/lib.rs": "mod cart;\nuse self::cart::Cart;\n",
  "rust/src/cart/mod.rs": "pub mod item;\n",
  "rust/src/cart/item.rs": "use super::Cart;\n",
  "tsconfig.json": '{ "compilerOptions": { "paths": { "@/*": ["./web/*"] } } }\n',
  "web/ui/index.tsx": 'import { area } from "../a.js";\n',
  "web/c.ts": 'import { Ui } from "@/ui";\n// import "./a"\n',
  "web/ui/.env": 'import "../a";\n',
  "pkg/src/shop/__init__.py": "from .cart import Cart\n",
  "pkg/src/shop/cart.py": "from . import price\n",
  "pkg/src/shop/price.py": "",
  "pkg/pyproject.toml": "[project]\nname = 'shop'\n",
  "pkg/tests/test_cart.py": "import shop.cart\n",
  ".env": "helper=secret\n",
  "a.unheard": "?\n",
};

describe("in a worktree", () => {
  let lab: Lab;
  let host: Host;
  beforeAll(async () => {
    lab = await openLab({ files: FILES, scope: { src_dir: "pkg/src" } });
    const code = openReadCode();
    host = { ...lab.host, code: () => code };
  });
  afterAll(() => lab.remove());

  const lines = async (tool: string, input: object) => (await runTool(tool, input, host)).text.split("\n");

  test("find_references says what each line means, the surest first, and leaves no line of text out", async () => {
    expect(await lines("find_references", { symbol: "helper" })).toEqual([
      "src/alien.py:1:def helper():  [defines src/alien.py::helper]",
      "src/util.py:1:def helper(n):  [defines src/util.py::helper]",
      "src/alien.py:5:helper()  [calls src/alien.py::helper]",
      "src/app.py:1:from util import helper as h  [imports src/util.py::helper]",
      "src/app.py:6:    return h(1) + cart.total()  [calls src/util.py::helper]",
      "src/util.py:7:        return helper(1)  [calls src/util.py::helper]",
      "tests/test_util.py:1:from util import helper  [imports src/util.py::helper]",
      "tests/test_util.py:5:    assert helper(1) == 1  [calls src/util.py::helper]",
      "notes.txt:1:helper",
      "src/app.py:5:    # helper is a word here",
    ]);
  });

  test.each<[input: { symbol: string; exclude_tests?: boolean }, has: string[], not: string]>([
    [
      { symbol: "helper", exclude_tests: true },
      ["src/util.py:7:        return helper(1)  [calls src/util.py::helper]"],
      "tests/",
    ],
    [{ symbol: "Cart.total" }, ["src/util.py:6:    def total(self):  [defines src/util.py::Cart.total]"], "helper as"],
    [
      { symbol: "total" },
      ["src/app.py:6:    return h(1) + cart.total()  [may mean src/util.py::Cart.total (by its name)]"],
      ".env",
    ],
    [{ symbol: "area" }, ["web/b.ts:2:export const one = surface(1);  [calls web/a.ts::area]"], "python"],
    [{ symbol: "nothing" }, ["No matches found."], "["],
  ])("find_references %p", async (input, has, not) => {
    const said = await lines("find_references", input);
    for (const line of has) expect(said).toContain(line);
    expect(said.join("\n")).not.toContain(not);
  });

  test.each<[tool: string, path: string, ok: boolean, text: string]>([
    ["file_symbols", "go/a.go", true, "7: func Total(n int) int"],
    ["file_symbols", "conf/a.toml", true, "1: "],
    ["file_symbols", "src/util.py", true, "5: class Cart"],
    ["file_symbols", "a.unheard", false, "unsupported language"],
    ["check_syntax", "go/a.go", true, "OK: "],
    ["check_syntax", "go/bad.go", false, 'SyntaxError in "go/bad.go" (the go grammar): line 3'],
    ["check_syntax", "a.unheard", false, "nothing was checked"],
  ])("%s %s", async (tool, path, ok, text) => {
    const answer = await runTool(tool, { path }, host);
    expect({ ok: answer.ok, text: answer.text }).toEqual({ ok, text: expect.stringContaining(text) });
  });

  test.each<[path: string, said: string]>([
    ["src/util.py", "imports: (none) imported by: src/app.py tests/test_util.py"],
    [
      "pkg/src/shop/cart.py",
      "imports: pkg/src/shop/__init__.py pkg/src/shop/price.py imported by: pkg/src/shop/__init__.py pkg/tests/test_cart.py",
    ],
    ["pkg/src/shop/__init__.py", "imports: pkg/src/shop/cart.py imported by: pkg/src/shop/cart.py"],
    ["web/a.ts", "imports: (none) imported by: web/b.ts web/ui/index.tsx"],
    ["web/ui/index.tsx", "imports: web/a.ts imported by: web/c.ts"],
    ["go/a.go", "imports: (none) imported by: go/cmd/main.go"],
    ["go/cmd/main.go", "imports: go/a.go go/bad.go imported by: (none)"],
    ["rust/src/cart/mod.rs", "imports: rust/src/cart/item.rs imported by: rust/src/cart/item.rs rust/src/lib.rs"],
  ])("related_files %s", async (path, said) => {
    const { ok, text } = await runTool("related_files", { path }, host);
    expect([ok, text.replace(/\s+/g, " ")]).toEqual([true, said]);
  });

  test.each(["notes.txt", "conf/a.toml", "a.unheard"])("related_files %s is refused", async (path) => {
    const refused = { ok: false, text: expect.stringContaining("unsupported language") };
    expect(await runTool("related_files", { path }, host)).toEqual(refused);
  });

  test.each<[input: object, lines: string[]]>([
    [
      { pattern: "helper($A)" },
      ["src/util.py:7:        return helper(1)", "tests/test_util.py:5:    assert helper(1) == 1"],
    ],
    [{ pattern: "helper($A)", path: "tests" }, ["tests/test_util.py:5:    assert helper(1) == 1"]],
    [{ pattern: "helper($A)", path: "src/util.py" }, ["src/util.py:7:        return helper(1)"]],
    [{ pattern: "$F(1)", lang: "ts" }, ["web/b.ts:2:export const one = surface(1);"]],
    [{ pattern: "func $F($$$) int { $$$ }" }, ["go/a.go:7:func Total(n int) int {"]],
    [{ pattern: "$A == $A", lang: "py" }, ["No matches found."]],
    [{ pattern: "# helper" }, ["No matches found."]],
    [{ pattern: "nowhere($A)" }, ["No matches found."]],
  ])("ast_grep %j", async (input, expected) => {
    expect(await lines("ast_grep", input)).toEqual(expected);
  });

  test.each<[input: object, says: string]>([
    [{ pattern: "helper(" }, "the pattern is not one piece of"],
    [{ pattern: "nowhere(", lang: "py" }, "the pattern is not one piece of python"],
    [{ pattern: "f($A)", lang: "cobol" }, 'there is no language "cobol"; there are go, javascript, json, python'],
    [{ pattern: "f($A)", path: "gone" }, "it does not exist"],
  ])("ast_grep %j is refused", async (input, says) => {
    const answer = await runTool("ast_grep", input, host);
    expect(answer).toEqual({ ok: false, text: expect.stringContaining(says) });
  });

  test("without a lender the same tools search and say what they do not know", async () => {
    const { text } = await runTool("find_references", { symbol: "helper" }, lab.host);
    expect(text).toContain("src/util.py:1:def helper(n):\n");
    expect(text).not.toContain("[defines");
    expect((await runTool("file_symbols", { path: "go/a.go" }, lab.host)).ok).toBe(false);
    const refused = { ok: false, text: expect.stringContaining("nothing reads code by its structure here") };
    expect(await runTool("ast_grep", { pattern: "helper($A)" }, lab.host)).toEqual(refused);
  });
});

test("a pattern that takes too long is told of a few files, and then no more are searched", async () => {
  const words = Array.from({ length: 2_000 }, (_, n) => `a${n}`).join(", ");
  const files = Object.fromEntries(Array.from({ length: 8 }, (_, n) => [`${n}.py`, `f(${words})\n# last\n`]));
  const own = await openLab({ files });
  try {
    const code = openReadCode();
    const host = { ...own.host, code: () => code };
    const { text } = await runTool("ast_grep", { pattern: "f($$$A, $$$B, $$$C, last)" }, host);
    const told = text.split("\n");
    expect(told.slice(0, 5).every((line) => line.includes("takes too long; use fewer $$$"))).toBe(true);
    expect(told.slice(5)).toEqual(["... and no file behind these was searched"]);
    expect((await runTool("ast_grep", { pattern: "f($$$A, a1999)" }, host)).text.split("\n")).toHaveLength(8);
  } finally {
    own.remove();
  }
});

test("in the jail of a task", () => {
  const place = makeRepository({
    ...FILES,
    ".dgov/project.toml": '[project]\nlanguage = "python"\nsrc_dir = "src/"\n',
  });
  try {
    const call = (tool: string, args: object) =>
      dgov(place, "sandbox", "call", "--tool", tool, "--args", JSON.stringify(args)).stdout;
    expect(call("find_references", { symbol: "helper" })).toContain(
      "src/app.py:6:    return h(1) + cart.total()  [calls src/util.py::helper]",
    );
    expect(call("file_symbols", { path: "go/a.go" })).toContain("7: func Total(n int) int");
    expect(call("ast_grep", { pattern: "surface($A)" })).toContain("web/b.ts:2:export const one = surface(1);");
    expect(call("related_files", { path: "go/a.go" })).toMatch(/imported by:\n\s+go\/cmd\/main.go\n/);
    const code = `return [await tools.related_files({ path: "go/a.go" }), await tools.file_symbols({ path: "go/a.go" }),
      await tools.find_references({ symbol: "helper" }), await tools.check_syntax({ path: "go/bad.go" }).catch(({ text }) => text),
      await tools.ast_grep({ pattern: "func $F($$$) int { $$$ }" })]`;
    const said = call("run_script", { code });
    for (const part of [
      "go/cmd/main.go",
      "7: func Total(n int) int",
      "[calls src/util.py::helper]",
      "the go grammar",
      "go/a.go:7:",
    ])
      expect(said).toContain(part);
  } finally {
    place.stop();
  }
});
