import { afterEach, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Change } from "../git/tree_changes.ts";
import type { Layout } from "../project.ts";
import { projectWith, unitWith } from "./testing/parts.ts";
import { testCommands } from "./tests.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

type Asked = { files: Readonly<Record<string, string>>; changed: string; own?: string; layout?: Partial<Layout> };

/** The commands for one changed file of a checkout. */
function commandsFor({ files, changed, own, layout = {} }: Asked): string[] {
  const root = mkdtempSync(join(tmpdir(), "dgov-tests-"));
  folders.push(root);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  const project = projectWith(root, { commands: { test: "all {test_dir}" }, rules: {} });
  const oids = { old_mode: "100644", new_mode: "100644", old_oid: "", new_oid: "", size_bytes: 1 };
  const changes: Change[] = [{ ...oids, path: changed, kind: "modified" }];
  const unit = unitWith({}, own ?? null);
  return testCommands({ project: { ...project, layout: { ...project.layout, ...layout } }, unit, changes, root });
}

const TREE = { "a.txt": "", "src/a.py": "", "tests/test_a.py": "import a\n", "tests/test_b.py": "import json\n" };

test("a task's own command runs on all tests where none is concerned; the project's does not", () => {
  expect(commandsFor({ files: TREE, changed: "a.txt", own: "own {test_dir}" })).toEqual(["own tests"]);
  expect(commandsFor({ files: TREE, changed: "src/a.py", own: "own {test_dir}" })).toEqual([
    "own tests/test_a.py",
    "all tests/test_a.py",
  ]);
  expect(commandsFor({ files: { "a.txt": "" }, changed: "a.txt", own: "own {test_dir}" })).toEqual([]);
});

test.each<[string, Partial<Layout>]>([
  ["from below the sources' parent", { src_dir: "lib/", test_dir: "." }],
  ["from below the sources", { src_dir: "lib/shop", test_dir: "./" }],
])("tests that lie beside the sources, imported %s", (_name, layout) => {
  const files = {
    "lib/shop/cart.py": "",
    "lib/shop/test_cart.py": layout.src_dir === "lib/" ? "from shop.cart import a\n" : "import cart\n",
    "lib/shop/test_other.py": "import json\n",
  };
  expect(commandsFor({ files, changed: "lib/shop/cart.py", layout })).toEqual(["all lib/shop/test_cart.py"]);
});
