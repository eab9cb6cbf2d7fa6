import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { type Lab, openLab } from "../../../test/lab.ts";
import { runTool } from "./registry.ts";

const FILES = {
  "src/shop/__init__.py": "from .cart import Cart\n",
  "src/shop/cart.py": [
    "from __future__ import annotations",
    "import os, shop.price as price",
    "from . import tax",
    "from ..top import thing as t",
    "",
    "RATE = 3",
    "",
    "class Cart(Base):",
    "    size = 1",
    "    @property",
    "    async def total(self,",
    "                    tax=0):",
    "        return 1",
    "",
    "@cache",
    "def free(a, b=2) -> int:",
    "    def inner(): pass",
    "",
  ].join("\n"),
  "src/shop/price.py": "def price(): ...\n",
  "src/shop/tax.py": "x = 1\n",
  "src/top.py": "import shop\n",
  "tests/test_cart.py": "def test():\n    from shop.cart import Cart\n    # import shop.price\n",
  "docs/cart.py": "print('cart is not imported')\n",
  "web/app.ts": [
    'import { total } from "./cart.js";',
    'export * from "./ui";',
    'import zod from "zod";',
    "export const x: number = 1, y = 2;",
    "export default class App<T> extends Base {",
    "  private size = 1;",
    "  total(a: number): number { return a; }",
    "}",
    "export interface Shape { a: string }",
    "type Id = string;",
    "enum Kind { A }",
    "function* walk() {}",
    'const lazy = () => import("../web/late");',
    "declare function outer(): void;",
    "",
  ].join("\n"),
  "web/cart.ts": "export const total = 1;\n",
  "web/ui/index.tsx": "export const Ui = () => <b>{1}</b>;\n",
  "web/late.js": 'const app = require("./app");\n',
  "run.sh": 'build() {\n  echo "$1"\n}\nNAME=1\n',
  run: "#!/usr/bin/env bash\nif true; then echo; fi\n",
  "bad.sh": "if true; then\n",
  "bad.py": "def f(:\n    pass\n",
  "old.py": 'print "x"\n',
  "evil.py": "import os\nos.system('touch made_by_evil')\nraise SystemExit\n",
  "sys.py": "open('made_by_evil', 'w')\n",
  "sitecustomize.py": "open('made_by_evil', 'w')\n",
  "bad.ts": "const x: = 1;\n",
  "bad.tsx": "const a = <b>;\n",
  "macro.ts": 'import { run } from "./evil.ts" with { type: "macro" };\nrun();\n',
  "evil.ts": 'require("fs").writeFileSync("made_by_evil", ""); export const run = () => 1;\n',
  "ok.json": '{"a": 1}\n',
  "bad.json": '{"a": 1,}\n',
  "tsconfig.json": '{ // why\n  "a": 1,\n}\n',
  "ok.toml": "a = 1\n",
  "bad.toml": "a = 1\nb = \n",
  "ok.yaml": "a: [1]\nb: !!python/object/apply:os.system ['touch made_by_evil']\n",
  "bad.yml": "a: [1\nb: 2\n",
  "rows.jsonl": '{"a": 1}\n\n{"a": \n',
  "deep.json": `${"[".repeat(200_000)}`,
  "deep.py": `x = ${"(".repeat(100_000)}\n`,
  "deep.ts": "(".repeat(390_000),
  "long.ts": "x;\n".repeat(200_000),
  "main.rs": "fn main() {}\n",
  "notes.txt": "hello\n",
  "bin.py": new Uint8Array([0, 1, 2]),
  "empty.py": "",
};

let lab: Lab;
beforeAll(async () => {
  lab = await openLab({ files: FILES, scope: { src_dir: "src" } });
  symlinkSync("/etc/passwd", join(lab.root, "out.py"));
  if (Bun.spawnSync(["mkfifo", join(lab.root, "pipe.py")]).exitCode !== 0) throw new Error("Cannot make a pipe");
});
afterAll(() => lab.remove());

type Case = [tool: string, path: string, ok: boolean, says: string | RegExp];

test.each<Case>([
  [
    "file_symbols",
    "src/shop/cart.py",
    true,
    "6: RATE = 3\n8: class Cart(Base)\n9:   size = 1\n11:   async def total(self, tax=0)\n16: def free(a, b=2) -> int",
  ],
  [
    "file_symbols",
    "web/app.ts",
    true,
    new RegExp(
      [
        "^4: const x: number = 1, y = 2;",
        "5: class App<T> extends Base",
        "6: {3}private size = 1",
        "7: {3}total\\(a: number\\): number",
        "9: interface Shape",
        "10: type Id = string;",
        "11: enum Kind",
        "12: function\\* walk\\(\\)",
        "13: const lazy = .*",
        "14: function outer\\(\\): void;$",
      ].join("\n"),
    ),
  ],
  ["file_symbols", "web/ui/index.tsx", true, "1: const Ui ="],
  ["file_symbols", "run.sh", true, "1: build()\n4: NAME=1"],
  ["file_symbols", "empty.py", true, "(no symbols)"],
  ["file_symbols", "main.rs", false, "unsupported language"],
  ["file_symbols", "notes.txt", false, "unsupported language"],
  ["file_symbols", "long.ts", false, "longer than"],
  ["file_symbols", "bin.py", false, "binary"],
  ["file_symbols", "src", false, "is a directory"],
  ["file_symbols", "out.py", false, "symbolic link"],
  ["file_symbols", "pipe.py", false, "not a regular file"],
  ["file_symbols", "gone.py", false, "does not exist"],
  ["file_symbols", "../x.py", false, "traversal"],

  ["check_syntax", "src/shop/cart.py", true, /^OK: .*\((Python 3|the python grammar)/],
  ["check_syntax", "bad.py", false, /^SyntaxError in "bad\.py" .*line 1/],
  ["check_syntax", "evil.py", true, "OK: "],
  ["check_syntax", "sys.py", true, "OK: "],
  ["check_syntax", "deep.py", false, "SyntaxError"],
  ["check_syntax", "web/app.ts", true, "(the typescript grammar)"],
  ["check_syntax", "web/ui/index.tsx", true, "(the tsx grammar)"],
  ["check_syntax", "web/late.js", true, "(the javascript grammar)"],
  ["check_syntax", "macro.ts", true, "OK: "],
  ["check_syntax", "bad.ts", false, /line 1, column \d+: /],
  ["check_syntax", "bad.tsx", false, "SyntaxError"],
  ["check_syntax", "deep.ts", false, /SyntaxError|too intricate/],
  ["check_syntax", "long.ts", false, "Cannot check"],
  ["check_syntax", "run.sh", true, "(the bash grammar)"],
  ["check_syntax", "run", true, "(the bash grammar)"],
  ["check_syntax", "bad.sh", false, "SyntaxError"],
  ["check_syntax", "ok.json", true, "(JSON)"],
  ["check_syntax", "bad.json", false, "SyntaxError"],
  ["check_syntax", "deep.json", false, "SyntaxError"],
  ["check_syntax", "tsconfig.json", true, "(JSON with comments)"],
  ["check_syntax", "rows.jsonl", false, "line 3: "],
  ["check_syntax", "ok.toml", true, "(TOML)"],
  ["check_syntax", "bad.toml", false, "line 2: "],
  ["check_syntax", "ok.yaml", true, "(YAML)"],
  ["check_syntax", "bad.yml", false, "SyntaxError"],
  ["check_syntax", "main.rs", false, "unsupported language, so nothing was checked"],
  ["check_syntax", "bin.py", false, "binary"],
  ["check_syntax", "src", false, "is a directory"],
  ["check_syntax", "out.py", false, "symbolic link"],
  ["check_syntax", "pipe.py", false, "not a regular file"],
  ["check_syntax", "gone.py", false, "does not exist"],

  [
    "related_files",
    "src/shop/cart.py",
    true,
    "imports:\n  src/shop/__init__.py\n  src/shop/price.py\n  src/shop/tax.py\n  src/top.py\nimported by:\n  src/shop/__init__.py\n  tests/test_cart.py",
  ],
  [
    "related_files",
    "src/shop/__init__.py",
    true,
    "imports:\n  src/shop/cart.py\nimported by:\n  src/shop/cart.py\n  src/top.py",
  ],
  ["related_files", "src/shop/price.py", true, "imports: (none)\nimported by:\n  src/shop/cart.py"],
  [
    "related_files",
    "web/app.ts",
    true,
    "imports:\n  web/cart.ts\n  web/late.js\n  web/ui/index.tsx\nimported by:\n  web/late.js",
  ],
  ["related_files", "web/ui/index.tsx", true, "imported by:\n  web/app.ts"],
  ["related_files", "main.rs", false, "unsupported language"],
  ["related_files", "run.sh", false, "unsupported language"],
  ["related_files", "out.py", false, "symbolic link"],
  ["related_files", "gone.py", false, "does not exist"],
])(
  "%s %s",
  async (tool, path, ok, says) => {
    const answer = await runTool(tool, { path }, lab.host);
    expect({ ok: answer.ok, text: answer.text }).toEqual({
      ok,
      text: typeof says === "string" ? expect.stringContaining(says) : expect.stringMatching(says),
    });
    expect(existsSync(join(lab.root, "made_by_evil"))).toBe(false);
  },
  30_000,
);

test("where Python is, its compiler knows more than a grammar; elsewhere the grammar answers", async () => {
  const { ok, text } = await runTool("check_syntax", { path: "old.py" }, lab.host);
  if (Bun.which("python3")) expect({ ok, text }).toEqual({ ok: false, text: expect.stringContaining("(Python 3.") });
  const without = { ...lab.host, exec: async () => ({ ...(await lab.host.exec(NOTHING)), exit: 127 }) };
  const grammar = await runTool("check_syntax", { path: "bad.py" }, without);
  expect(grammar).toEqual({ ok: false, text: expect.stringContaining('SyntaxError in "bad.py" (the python grammar)') });
});

const NOTHING = { command: "true", timeout_ms: 10_000, output_max_bytes: 1_000, clip_bytes: 1_000 };
