import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { repository } from "./git/testing/repository.ts";
import { touchesOnce } from "./preflight_symbols.ts";
import { createAnalyst } from "./semantic/analyst.ts";
import { openSymbols } from "./semantic/symbols.ts";

setDefaultTimeout(120_000);

const SELF = [process.execPath, join(import.meta.dir, "../../cli/src/main.ts")];
const repo = await repository({
  "a.py": "def f():\n    return 1\n",
  "b.py": "from a import f\n\nX = f()\n",
  "c.md": "",
});
afterAll(repo.remove);
const now_ms = () => 0;
const treeAt = () => repo.user("rev-parse", "HEAD^{tree}");

const MODULE = Array.from({ length: 12 }, (_, n) => `def f${n}():\n    return ${n}\n`).join("\n\n");

test("of files that are changed again and again it hears what a run hears, of two contents and of one", async () => {
  const { git } = repo;
  const program = `#!/usr/bin/env python3\n${MODULE}`;
  const first = {
    "m.py": MODULE,
    "bin/run": program,
    "gone.py": MODULE,
    "m.ts": "export const a = 1;\n",
    "k.toml": "a = 1\n",
  };
  const commits = [
    { ...first },
    {
      "m.py": MODULE.replace("return 5", "return 55").replace("def f9", "def g9"),
      "bin/run": program.replace("return 5", "return 55"),
      "gone.py": null,
      "new.py": MODULE,
      "m.ts": "export const a = 2;\n",
      "k.toml": "a = 2\n",
    },
    { "m.py": MODULE.replace("return 5", "return 555").replace("return 1\n", 'return """\n'), "m.bin": "\0" },
    { "m.py": `${MODULE}\n\ndef f0():\n    return 0\n`, "m.bin": "\0\0" },
    { "m.py": `${MODULE}\n\ndef f0():\n    return 1\n`, "new.py": `\ufeff${MODULE.replace("return 7", "return 77")}` },
    { "m.py": MODULE, "new.py": `\ufeff${MODULE}` },
  ];
  const folder = await git.commonDir();
  let from = await treeAt();
  for (const files of commits) {
    await repo.commit(files);
    const to = await treeAt();
    const analyst = createAnalyst(SELF, 1);
    const symbols = openSymbols({ git, self: SELF, now_ms, cache_folder: `${folder}/all` });
    const asked = { from, to, claimed: () => null };
    const said = await touchesOnce({ git, folder, now_ms, analyst, asked: () => {} }, asked);
    expect(said).toEqual(await symbols.touches(from, to, () => null));
    expect(said.touches.length + said.unknown.length).toBeGreaterThan(0);
    analyst.close();
    symbols.close();
    from = to;
  }
});

test("who asks once hears the same as a run, and what it keeps is taken for no more than it is", async () => {
  const from = await repo.user("rev-parse", "HEAD^{tree}");
  await repo.commit({ "a.py": "def f():\n    return 2\n", "b.py": "from a import f\n\nX = f() + 1\n", "c.md": "more" });
  const to = await repo.user("rev-parse", "HEAD^{tree}");
  const { git } = repo;
  const analyst = createAnalyst(SELF, 1);
  const folder = await git.commonDir();
  const once = () => touchesOnce({ git, folder, now_ms, analyst, asked: () => {} }, { from, to, claimed: () => null });
  const first = await once();
  expect(first.touches.map(({ path, symbol }) => `${path} ${symbol}`)).toEqual(["a.py f", "b.py X"]);
  analyst.close();
  expect(await once()).toEqual(first); // all of it is known: nobody is asked
  const symbols = openSymbols({ git, self: SELF, now_ms });
  expect(await symbols.touches(from, to, () => null)).toEqual(first);
  const [uses] = await symbols.uses(to, [{ path: "a.py", key: "f" }]);
  expect(uses?.uses.map(({ path, line }) => `${path}:${line}`)).toContain("b.py:3");
  symbols.close();
});
