import { expect, setDefaultTimeout, test } from "bun:test";
import { openGrammars } from "../grammar.ts";
import { rulesOf, type Texts, treeOf } from "../testing/texts.ts";
import { importedAs, importsOf } from "./imported.ts";

setDefaultTimeout(60_000); // a grammar is compiled when it is first used

const PYTHON: Texts = {
  "pyproject.toml": "[project]\nname = 'shop'\n",
  "src/shop/__init__.py": "from .cart import Cart\n",
  "src/shop/cart.py":
    "import os\nfrom . import tax\nimport shop.price as p\n\n\ndef late():\n    from .deep import core\n",
  "src/shop/tax.py": "",
  "src/shop/price.py": "import cart\n",
  "src/shop/deep/__init__.py": "",
  "src/shop/deep/core.py": "from ..tax import *\nfrom ... import nothing\n",
  "tests/test_cart.py": "from shop import Cart, price\n",
};
const TYPESCRIPT: Texts = {
  "tsconfig.json": '{ "compilerOptions": { "baseUrl": ".", "paths": { "@/*": ["web/*"] } } }',
  "web/app.ts":
    'import { Ui } from "@/ui";\nimport zod from "zod";\nexport * from "./cart.js";\nconst l = import("./late");\n',
  "web/cart.ts": 'import type { Shape } from "./shape";\nimport rows from "./rows.json";\n',
  "web/shape.d.ts": "export type Shape = number;\n",
  "web/rows.json": "[]\n",
  "web/late.js": 'const app = require("./app");\n',
  "web/ui/index.tsx": 'import { b } from "./b";\n',
  "web/ui/b.ts": 'import { Ui } from ".";\n',
};
const GO: Texts = {
  "go.mod": "module example.org/shop\n",
  "main.go": 'package main\n\nimport (\n\t"fmt"\n\tc "example.org/shop/cart"\n)\n',
  "cart/a.go": "package cart\n",
  "cart/b.go": 'package cart\n\nimport "example.org/shop"\n',
  "cart/b_test.go": 'package cart_test\n\nimport "example.org/shop/cart"\n',
};
const RUST: Texts = {
  "src/lib.rs": "mod cart;\npub mod tax { pub mod rate; }\nuse self::cart::Cart;\nuse std::io;\n",
  "src/cart/mod.rs": "mod item;\nuse crate::tax::rate;\nuse super::Other;\n",
  "src/cart/item.rs":
    "use super::Cart;\nuse crate::cart::{self, Cart as C};\n#[cfg(test)]\nmod tests { use super::*; use super::super::X; }\n",
  "src/alone.rs": "#[cfg(test)]\nmod tests { use super::*; }\n",
  "src/tax/deep.rs": "use super::super::Other;\n",
  "src/tax/rate.rs": "mod tests { use super::Rate; use self::inner::X; }\n",
};

const TREES = { PYTHON, TYPESCRIPT, GO, RUST };

test.each<[tree: keyof typeof TREES, path: string, found: string[]]>([
  ["PYTHON", "src/shop/__init__.py", ["src/shop/cart.py"]],
  [
    "PYTHON",
    "src/shop/cart.py",
    [
      "src/shop/__init__.py",
      "src/shop/deep/__init__.py",
      "src/shop/deep/core.py",
      "src/shop/price.py",
      "src/shop/tax.py",
    ],
  ],
  ["PYTHON", "src/shop/deep/core.py", ["src/shop/tax.py"]],
  ["PYTHON", "tests/test_cart.py", ["src/shop/__init__.py", "src/shop/price.py"]],
  ["TYPESCRIPT", "web/app.ts", ["web/cart.ts", "web/late.js", "web/ui/index.tsx"]],
  ["TYPESCRIPT", "web/cart.ts", ["web/rows.json", "web/shape.d.ts"]],
  ["TYPESCRIPT", "web/late.js", ["web/app.ts"]],
  ["TYPESCRIPT", "web/ui/b.ts", ["web/ui/index.tsx"]],
  ["GO", "main.go", ["cart/a.go", "cart/b.go"]],
  ["GO", "cart/b.go", ["main.go"]],
  ["GO", "cart/b_test.go", ["cart/a.go", "cart/b.go"]],
  ["RUST", "src/lib.rs", ["src/cart/mod.rs", "src/tax/rate.rs"]],
  ["RUST", "src/cart/mod.rs", ["src/cart/item.rs", "src/lib.rs", "src/tax/rate.rs"]],
  ["RUST", "src/cart/item.rs", ["src/cart/mod.rs"]],
  ["RUST", "src/tax/rate.rs", []],
  ["RUST", "src/alone.rs", []],
  ["RUST", "src/tax/deep.rs", ["src/lib.rs"]],
  ["PYTHON", "pyproject.toml", []],
  ["PYTHON", "gone.py", []],
])("%s: what %s imports", async (tree, path, found) => {
  expect(importsOf(await treeOf(TREES[tree]), await rulesOf(), [path])).toEqual([found]);
});

test("whoever imports a file has one of the words that it is looked for by, and one of the endings", async () => {
  for (const texts of Object.values<Texts>(TREES)) {
    const [view, paths] = [await treeOf(texts), Object.keys(texts)];
    const imports = importsOf(view, await rulesOf(), paths);
    const pairs = paths.flatMap((from, at) => (imports[at] ?? []).map((to) => [from, to] as const));
    expect(pairs.length).toBeGreaterThan(2);
    for (const [from, to] of pairs) {
      const as = importedAs(await openGrammars(), view, to);
      if (to.endsWith(".json")) continue; // of data nothing is known
      expect([from, to, as?.words.some((word) => texts[from]?.includes(word))]).toEqual([from, to, true]);
      expect(as?.endings).toContain(from.replace(/^.*\./, ""));
    }
  }
});

test.each<[tree: keyof typeof TREES, path: string, words: string[] | null]>([
  ["PYTHON", "src/shop/tax.py", ["tax"]],
  ["TYPESCRIPT", "web/shape.d.ts", ["shape"]],
  ["GO", "main.go", ["example.org/shop"]],
  ["GO", "cart/a.go", ["cart"]],
  ["RUST", "src/tax/rate.rs", ["rate", "super"]],
  ["TYPESCRIPT", "web/rows.json", null],
  ["PYTHON", "gone.py", null],
])("%s: %s is looked for by its name", async (tree, path, words) => {
  expect(importedAs(await openGrammars(), await treeOf(TREES[tree]), path)?.words ?? null).toEqual(words);
});
