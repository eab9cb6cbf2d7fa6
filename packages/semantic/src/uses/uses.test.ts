import { expect, setDefaultTimeout, test } from "bun:test";
import { rulesOf, type Texts, treeOf } from "../testing/texts.ts";
import { usesOf } from "./uses.ts";

setDefaultTimeout(60_000); // a grammar is compiled when it is first used

async function uses(texts: Texts, path: string, key: string): Promise<string[]> {
  const asked = { targets: [{ path, key }], paths: Object.keys(texts) };
  const [found = []] = usesOf(await treeOf(texts), await rulesOf(), asked);
  return found.map(({ path: at, line, unit, how, sure }) => `${at}:${line} ${unit || "-"} ${how} ${sure}`);
}

const PYTHON: Texts = {
  "pkg/__init__.py": "from .util import helper\n",
  "pkg/util.py": "def helper(n):\n    return helper(n - 1)\n\n\ndef other():\n    return helper(1)\n",
  "pkg/cart.py":
    "class Cart:\n    def total(self):\n        return 1\n\n    def twice(self):\n        return 2 * self.total()\n",
  "app.py": "from pkg import helper as h\nimport pkg.util\n\n\ndef run():\n    pkg.util.helper(1)\n    return h(2)\n",
  "shop.py": "from pkg.cart import Cart\n\n\ndef pay(cart):\n    Cart().total()\n    return cart.total()\n",
  "alien.py": "def helper():\n    pass\n\n\nhelper()\n",
  "deco.py": 'PATH = "pkg.util.helper"\n# helper is a word here\n',
};

test("callers elsewhere, by imports under other names, packages and their modules", async () => {
  expect(await uses(PYTHON, "pkg/util.py", "helper")).toEqual([
    "app.py:1 from pkg import resolved",
    "app.py:6 run call resolved",
    "app.py:7 run call resolved",
    "deco.py:1 PATH string likely",
    "pkg/__init__.py:1 from .util import resolved",
    "pkg/util.py:6 other call resolved",
  ]);
});

test("a method by its class, and by its name alone where nobody knows the class", async () => {
  expect(await uses(PYTHON, "pkg/cart.py", "Cart.total")).toEqual([
    "pkg/cart.py:6 Cart.twice call resolved",
    "shop.py:5 pay call resolved",
    "shop.py:6 pay name name only",
  ]);
});

test("a function of the same name in another module has its own callers", async () => {
  expect(await uses(PYTHON, "alien.py", "helper")).toEqual([
    expect.stringMatching(/^alien.py:5 statement \w+ call resolved$/),
  ]);
});

test("whoever still looks for what is gone", async () => {
  const { "pkg/util.py": _gone, ...rest } = PYTHON;
  const without = { ...rest, "pkg/util.py": "def other():\n    return 1\n", "pkg/__init__.py": "" };
  expect(await uses({ ...without, "late.py": "from pkg.util import helper\n" }, "pkg/util.py", "helper")).toEqual([
    "app.py:6 run call resolved",
    "deco.py:1 PATH string likely",
    "late.py:1 from pkg.util import resolved",
  ]);
});

test.each<[language: string, texts: Texts, path: string, key: string, found: string[]]>([
  [
    "TypeScript",
    {
      "src/a.ts": "export function area(n: number): number {\n  return n;\n}\n",
      "src/b.ts": 'import { area as surface } from "./a";\n\nexport const one = surface(1);\n',
      "src/c.ts": "function area() {}\narea();\n",
    },
    "src/a.ts",
    "area",
    ["src/b.ts:1 from ./a import resolved", "src/b.ts:3 one call resolved"],
  ],
])("%s", async (_language, texts, path, key, found) => {
  expect(await uses(texts, path, key)).toEqual(found);
});
