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

test("what has landed without symbols is not read, unless the work changes it as well", async () => {
  const notes = (first: string, last: string) => `${first}\n${"same\n".repeat(9)}${last}\n`;
  const all = (first: string) =>
    Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`notes/${n}.txt`, notes(`${n} ${first}`, "end")]));
  const start = await repo.commit({ ...all("old"), run: "#!/usr/bin/python3\nX = 1\n" }, "notes");
  const landed = await repo.commit({ ...all("new"), run: "#!/usr/bin/python3\nX = 2\n" }, "landed");
  await repo.user("checkout", "-q", "--detach", start);
  const work = await repo.commit({ "notes/3.txt": notes("3 old", "and more"), "c.py": "X = 3\n" }, "work");
  await repo.user("merge", "-q", "-m", "merge", landed);
  const [base, left, right, merged] = await Promise.all(
    [start, landed, work, "HEAD"].map((commit) => repo.user("rev-parse", `${commit}^{tree}`)),
  );
  const asked: string[] = [];
  const objects = {
    ...repo.git.objects,
    content: (name: string) => {
      asked.push(name);
      return repo.git.objects.content(name);
    },
  };
  const own = openSymbols({ git: { ...repo.git, objects }, self: SELF, now_ms: () => 0 });
  const trees = { base: base!, left: left!, right: right!, merged: merged! };
  await own.judge(trees, { by_symbols: new Map(), called: { left: "a", right: "b" } });
  own.close();
  const blobs = await Promise.all(
    ["3.txt", "4.txt", "../run"].map((path) => repo.user("rev-parse", `HEAD:${join("notes", path)}`)),
  );
  expect(blobs.map((blob) => asked.includes(blob))).toEqual([true, false, true]);
});
