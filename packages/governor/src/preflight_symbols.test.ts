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

test("who asks once hears the same as a run, and what it keeps is taken for no more than it is", async () => {
  const from = await repo.user("rev-parse", "HEAD^{tree}");
  await repo.commit({ "a.py": "def f():\n    return 2\n", "b.py": "from a import f\n\nX = f() + 1\n", "c.md": "more" });
  const to = await repo.user("rev-parse", "HEAD^{tree}");
  const { git } = repo;
  const analyst = createAnalyst(SELF, 1);
  const folder = await git.commonDir();
  const once = () => touchesOnce({ git, folder, now_ms, analyst }, { from, to, claimed: () => null });
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
