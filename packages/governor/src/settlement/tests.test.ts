import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Layout } from "../project.ts";
import { type Asked, type Files, judgedBy, openCandidates } from "./testing/candidate.ts";
import { testCommands } from "./tests.ts";

setDefaultTimeout(60_000);

const { lay, clear } = openCandidates();
afterEach(clear);

const commandsFor = async (asked: Asked) =>
  (await testCommands(await lay({ commands: { test: "all {test_dir}" }, ...asked }))).map(({ command }) => command);

const TREE: Files = { "src/a.py": "", "tests/test_a.py": "import a\n", "tests/test_b.py": "import json\n" };

test("a task's own command runs on all tests where none is concerned; the project's does not", async () => {
  const own = { base: TREE, test_cmd: "own {test_dir}" };
  expect(await commandsFor({ ...own, work: { "a.md": "x" } })).toEqual(["own tests"]);
  expect(await commandsFor({ ...own, work: { "src/a.py": "x = 1\n" } })).toEqual([
    "own tests/test_a.py",
    "all tests/test_a.py",
  ]);
  expect(await commandsFor({ work: { "a.md": "y" }, test_cmd: "own {test_dir}" })).toEqual([]);
});

test.each<[string, Partial<Layout>]>([
  ["from below the sources' parent", { src_dir: "lib/", test_dir: "." }],
  ["from below the sources", { src_dir: "lib/shop", test_dir: "./" }],
])("tests that lie beside the sources, imported %s", async (_name, layout) => {
  const base = {
    "lib/shop/cart.py": "",
    "lib/shop/test_cart.py": layout.src_dir === "lib/" ? "from shop.cart import a\n" : "import cart\n",
    "lib/shop/test_other.py": "import json\n",
  };
  const work = { "lib/shop/cart.py": "a = 1\n" };
  expect(await commandsFor({ base, work, layout })).toEqual(["all lib/shop/test_cart.py"]);
});

test.each([
  ["a helper that no test names", "api/tests/conftest.py"],
  ["what lies beside a test", "api/tests/shapes.py"],
  ["their data", "api/tests/data/rates.json"],
])("tests that lie beside the sources: of %s all are run", async (_name, path) => {
  const base = { "api/price.py": "", "api/tests/test_price.py": "import api.price\n", [path]: "" };
  expect(await commandsFor({ base, work: { [path]: "1\n" }, layout: { test_dir: "." } })).toEqual(["all ."]);
});

test("an import from a folder that only its runner knows, as of a conftest.py or a package of a monorepo, may be any file of its name", async () => {
  const python: Files = {
    "shop/conftest.py": "import sys\n",
    "shop/price.py": "",
    "shop/tax.py": "",
    "shop/tests/test_price.py": "from price import price\n",
    "shop/tests/test_tax.py": "import tax\n",
    "pay/src/card/__init__.py": "",
    "pay/src/card/check.py": "",
    "pay/tests/test_card.py": "from card.check import luhn\n",
    "pay/tests/test_other.py": "import recard.check\nimport precheck\n",
  };
  const asked = { base: python, layout: { test_dir: "." } };
  const of = (path: string) => commandsFor({ ...asked, work: { [path]: "x = 1\n" } });
  expect(await of("shop/price.py")).toEqual(["all shop/tests/test_price.py"]);
  expect(await of("pay/src/card/check.py")).toEqual(["all pay/tests/test_card.py"]);
  expect(await of("pay/src/card/__init__.py")).toEqual(["all pay/tests/test_card.py"]); // it runs before
  const scripts: Files = {
    "packages/web/src/add.js": "export const add = 1;\n",
    "packages/web/test/add.test.js": 'import { add } from "web/src/add";\n',
    "packages/web/test/no.test.js": 'import { add } from "sweb/src/add";\n',
  };
  const layout = { test_dir: ".", source_extensions: [".js"] };
  expect(
    await commandsFor({ base: scripts, layout, work: { "packages/web/src/add.js": "export const add = 2;\n" } }),
  ).toEqual(["all packages/web/test/add.test.js"]);
});

const PYTHON: Files = {
  "src/shop/__init__.py": "",
  "src/shop/money.py": "cent = 1\n",
  "src/shop/tax.py": "from .money import cent\n",
  "src/shop/cart.py": "from shop import tax\n",
  "src/shop/page.py": "import shop.cart\n",
  "src/shop/logo.py": "colour = 1\n",
  "src/shop/round.py": "from . import about\n",
  "src/shop/about.py": "from . import round\n",
  "tests/__init__.py": "",
  "tests/test_page.py": "from shop.page import show\n",
  "tests/test_cart.py": "from shop.cart import Cart\n",
  "tests/test_logo.py": "from shop import logo\n",
  "tests/test_patched.py": "from unittest import mock\n\nmock.patch('shop.money.cent', 2)\n",
  "tests/test_loaded.py": "import importlib\n\nimportlib.import_module('shop.money')\n",
  "tests/test_started.py": "import subprocess\n\nsubprocess.run(['python3', 'src/shop/logo.py'])\n",
  "tests/test_round.py": "from shop.about import x\n",
  "tests/test_after.py": "from tests.test_cart import shared\n",
};
const MONEY = ["test_after", "test_cart", "test_loaded", "test_page", "test_patched"];
test.each<[string, Files, string[] | "all"]>([
  ["who imports it through three others, patches it or loads it", { "src/shop/money.py": "cent = 2\n" }, MONEY],
  ["nobody who does not", { "src/shop/logo.py": "colour = 2\n" }, ["test_logo", "test_started"]],
  ["who went through a module that is deleted", { "src/shop/tax.py": null }, ["test_after", "test_cart", "test_page"]],
  [
    "who went through a module that is moved",
    { "src/shop/tax.py": null, "src/shop/rate.py": "x = 1\n" },
    ["test_after", "test_cart", "test_page"],
  ],
  [
    "who comes after the file of its package",
    { "src/shop/__init__.py": "import os\n" },
    [...MONEY, "test_logo", "test_round"].filter((name) => name !== "test_loaded" && name !== "test_patched"),
  ],
  ["modules in a circle", { "src/shop/round.py": "x = 1\nfrom . import about\n" }, ["test_round"]],
  ["a test that another one imports", { "tests/test_cart.py": "shared = 1\n" }, ["test_after", "test_cart"]],
  ["a new module that nobody imports", { "src/shop/new.py": "x = 1\n" }, []],
  ["what all of the tests have in common", { "tests/__init__.py": "x = 1\n" }, "all"],
  ["data among the tests", { "tests/rates.md": "1\n" }, "all"],
  ["a configuration", { "pyproject.toml": "[tool.pytest]\n" }, "all"],
  ["a source of which nothing can be read", { "src/shop/money.py": "cent = '\0'\n" }, "all"],
])("D7 tests for a change of Python: %s", async (_, work, expected) => {
  const found = expected === "all" ? ["tests"] : expected.toSorted().map((name) => `tests/${name}.py`);
  const commands = await commandsFor({ base: PYTHON, work });
  expect(commands).toEqual(found.length === 0 ? [] : [`all ${found.join(" ")}`]);
});

const TYPESCRIPT: Files = {
  "tsconfig.json": '{ "compilerOptions": { "baseUrl": ".", "paths": { "@/*": ["src/*"] } } }',
  "src/money.ts": "export const cent = 1;\n",
  "src/tax.ts": 'export * from "./money.js";\n',
  "src/cart/index.ts": 'const tax = await import("../tax");\nexport const c = tax;\n',
  "src/page.tsx": 'import { c } from "@/cart";\nexport const p = c;\n',
  "src/logo.ts": "export const colour = 1;\n",
  "src/types.ts": "export type Money = number;\n",
  "tests/page.test.ts": 'import { p } from "../src/page";\n',
  "tests/cart.spec.ts": 'const { c } = require("../src/cart");\n',
  "tests/mocked.test.ts": 'vi.mock("../src/money");\n',
  "tests/logo.test.ts": 'import { colour } from "@/logo";\n',
  "tests/types.test.ts": 'import type { Money } from "../src/types";\n',
};
test.each<[string, Files, string[]]>([
  ["through four others", { "src/money.ts": "export const cent = 2;\n" }, ["cart.spec", "mocked.test", "page.test"]],
  ["nobody who does not", { "src/logo.ts": "export const colour = 2;\n" }, ["logo.test"]],
  ["for types alone", { "src/types.ts": "export type Money = string;\n" }, ["types.test"]],
  ["deleted", { "src/tax.ts": null }, ["cart.spec", "page.test"]],
])("D7 tests for a change of TypeScript: %s", async (_, work, expected) => {
  const layout = { language: "typescript", source_extensions: [".ts", ".tsx"] };
  const commands = await commandsFor({ base: TYPESCRIPT, work, layout });
  expect(commands).toEqual([`all ${expected.map((name) => `tests/${name}.ts`).join(" ")}`]);
});

const SCRIPT =
  'import { appendFileSync } from "node:fs";\nimport "../src/NAME";\nappendFileSync("../ran", "NAME\\n");\n';
const SHELL =
  "import unittest\nimport NAME\n\nclass T(unittest.TestCase):\n    def test_it(self):\n        open('../ran', 'a').write('NAME\\n')\n";
const of = (text: string, name: string) => text.replaceAll("NAME", name);
const SCRIPTS: Files = {
  "package.json": '{ "type": "module" }',
  ...{ "src/a.js": "export {};\n", "src/b.js": "export {};\n" },
  "tests/a.test.js": `${of(SCRIPT, "a.js")}const t = globalThis.Bun ? (await import("bun:test")).test : () => {};\nt("a", () => {});\n`,
  "tests/b.test.js": `${of(SCRIPT, "b.js")}const t = globalThis.Bun ? (await import("bun:test")).test : () => {};\nt("b", () => {});\n`,
};
const MODULES: Files = {
  ...{ "a.py": "", "b.py": "", "tests/__init__.py": "" },
  ...{ "tests/test_a.py": of(SHELL, "a"), "tests/test_b.py": of(SHELL, "b") },
};
test.each<[program: string, command: string, base: Files, work: Files, ran: string[]]>([
  ["bun", "bun test {test_dir}", SCRIPTS, { "src/a.js": "export const x = 1;\n" }, ["a.js"]],
  ["bun", "bun test {test_dir}", SCRIPTS, { "package.json": '{ "type": "module", "x": 1 }' }, ["a.js", "b.js"]],
  ["node", "node --test {test_dir}", SCRIPTS, { "src/a.js": "export const x = 1;\n" }, ["a.js"]],
  ["node", "node --test {test_dir}", SCRIPTS, { "package.json": '{ "type": "module", "x": 1 }' }, ["a.js", "b.js"]],
  ["python3", "python3 -m unittest {test_dir}", MODULES, { "a.py": "x = 1\n" }, ["a"]],
  ["python3", "python3 -m unittest {test_dir}", MODULES, { "rates.json": "1" }, ["a", "b"]],
  ["python3", "python3 -m unittest discover -t . -s {test_dir}", MODULES, { "a.py": "x = 1\n" }, ["a", "b"]],
  ["pytest", "python3 -m pytest -q {test_dir}", MODULES, { "a.py": "x = 1\n" }, ["a"]],
])("D7 %s runs what the change concerns: %s", async (program, command, base, work, ran) => {
  if (Bun.which(program) === null) return console.log(`left out: there is no ${program}`);
  const layout = { src_dir: ".", source_extensions: [".py", ".js"] };
  const candidate = await lay({ base, work, layout, commands: { test: command } });
  const [verdict] = await judgedBy(candidate);
  const said = existsSync(join(candidate.out, "tests.log"))
    ? readFileSync(join(candidate.out, "tests.log"), "utf8")
    : "";
  expect({ verdict: verdict?.verdict, said }).toMatchObject({ verdict: "pass" });
  const path = join(candidate.root, "../ran");
  expect(existsSync(path) ? readFileSync(path, "utf8").split("\n").filter(Boolean).sort() : said).toEqual(ran);
});
