import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { repository } from "../git/testing/repository.ts";
import { openSymbols } from "./symbols.ts";

setDefaultTimeout(120_000);

const SELF = [process.execPath, join(import.meta.dir, "../../../cli/src/main.ts")];
const repo = await repository({ "a.py": "def f():\n    return 1\n", "b.md": "one\n", "c.py": "X = 1\n" });
const symbols = openSymbols({ git: repo.git, self: SELF, now_ms: () => 0 });
afterAll(() => {
  symbols.close();
  repo.remove();
});

test("what became of symbols is told of two trees of a repository, and of what it is not known", async () => {
  const before = await repo.user("rev-parse", "HEAD^{tree}");
  await repo.commit({ "a.py": "def f():\n    return 2\n\n\ndef g():\n    return 1\n", "b.md": "two\n" }, "work");
  const after = await repo.user("rev-parse", "HEAD^{tree}");
  const { changes, unknown } = await symbols.changes(before, after);
  expect(changes.map(({ did, from, to }) => `${did} ${(to ?? from)?.path} ${(to ?? from)?.key}`)).toEqual([
    "edited a.py f",
    "added a.py g",
  ]);
  expect(unknown).toEqual([{ path: "b.md", why: "there is no grammar for its language" }]);
  const { touches } = await symbols.touches(before, after, (path) => (path === "a.py" ? ["g"] : null));
  expect(touches.map(({ symbol, claimed }) => [symbol, claimed])).toEqual([
    ["f", false],
    ["g", true],
  ]);
});

test("of a change of very many files those come first of which only symbols are claimed", async () => {
  const before = await repo.user("rev-parse", "HEAD^{tree}");
  const many = Object.fromEntries(Array.from({ length: 600 }, (_, n) => [`a${n}.txt`, `${n}\n`]));
  await repo.commit({ ...many, "c.py": "X = 2\n" }, "much work");
  const after = await repo.user("rev-parse", "HEAD^{tree}");
  const { touches, unknown } = await symbols.touches(before, after, (path) => (path === "c.py" ? [] : null));
  expect(touches).toMatchObject([{ path: "c.py", symbol: "X", claimed: false }]);
  expect(unknown).toHaveLength(600);
  expect(unknown.filter(({ why }) => why.startsWith("more than"))).toHaveLength(101);
});
