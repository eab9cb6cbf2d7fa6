import { afterAll, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openGrammars } from "../../../packages/semantic/src/grammar.ts";
import { openRepository } from "../repository.ts";
import { injectAll } from "./inject.ts";

const SHOP = `import json
import os


LIMIT_OF_ITEMS = 30


def total_price(items, tax, rounding=2, *, currency="EUR"):
    value = sum(items) * (1 + tax)
    return round(value, rounding), currency


def load_prices(path, strict=False):
    with open(os.path.join(path, "prices.json")) as file:
        return json.load(file)


class Basket:
    def __init__(self, owner, limit=LIMIT_OF_ITEMS):
        self.owner_name = owner
        self.limit = limit

    def add_item(self, item, count=1):
        return self.check_room(item, count)

    def check_room(self, item, count):
        return count < self.limit and item is not None


class Voucher:
    def __init__(self, code, value):
        self.code_text = code
        self.value = value

    def redeem_once(self, basket, when=None):
        return (basket, when)
`;
const STOCK = SHOP.replace("import json\n", "import json\nimport re\n").replace(
  /total_price|load_prices|Basket|Voucher|LIMIT_OF_ITEMS|add_item|check_room|owner_name|redeem_once|code_text/g,
  "$&_kept",
);
const BILLS =
  "import sys\n\n\ndef write_bill(shop, lines):\n    sys.stdout.write(str(lines))\n    return shop\n\n\ndef close_bill(shop):\n    value = shop\n    return value\n\n\n# ".concat(
    "long enough to be a neighbour ".repeat(6),
    "\n",
  );

const folder = mkdtempSync(join(tmpdir(), "injections-test-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("breakages that are put into a package are found, and their twins are left alone", async () => {
  mkdirSync(join(folder, "repo"));
  const repository = openRepository(join(folder, "repo"));
  const texts = { "pack/__init__.py": "", "pack/shop.py": SHOP, "pack/stock.py": STOCK, "pack/bills.py": BILLS };
  const data = (text: string) => `data ${Buffer.byteLength(text)}\n${text}\n`;
  const files = Object.entries(texts).map(([path, text]) => `M 100644 inline ${path}\n${data(text)}`);
  await repository.run(["init", "--quiet", "--initial-branch=main"]);
  const commit = `commit refs/heads/main\ncommitter a <a@example.org> 0 +0000\n${data("a")}${files.join("")}\n`;
  await repository.run(["fast-import", "--quiet"], commit);
  await repository.close();

  const asked = { folder: join(folder, "repo"), each: 1, seed: 3, only: null };
  const tried = (await injectAll(await openGrammars(), asked)).filter(({ clean }) => clean);
  const silent = tried.filter(({ judgement }) => judgement.verdict === "merge" || judgement.verdict === "note");
  const loud = tried.filter(({ alike }) => alike && alike.verdict !== "merge" && alike.verdict !== "note");
  expect(new Set(tried.map(({ kind }) => kind)).size).toBeGreaterThan(20);
  expect(silent.map(({ kind, form, judgement }) => [kind, form, judgement.verdict])).toEqual([]);
  expect(loud.map(({ kind, form, alike }) => [kind, form, alike?.verdict])).toEqual([]);
}, 300_000);
