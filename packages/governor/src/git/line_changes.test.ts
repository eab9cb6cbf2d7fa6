import { afterEach, expect, test } from "bun:test";
import { addedLines, lineChanges } from "./line_changes.ts";
import { type Repository, repository } from "./testing/repository.ts";

const made: Repository[] = [];
afterEach(() => {
  for (const one of made.splice(0)) one.remove();
});

async function change(before: string, after: string) {
  const repo = await repository({ "a b.py": before });
  made.push(repo);
  const head = await repo.user("rev-parse", "HEAD");
  return { git: repo.git, from: head, to: await repo.commit({ "a b.py": after, new: "1\n2\n" }) };
}

test.each<[string, string, string, number[]]>([
  ["a line changed", "1\n2\n3\n", "1\ntwo\n3\n", [2]],
  ["lines put in", "1\n2\n", "1\na\nb\n2\n", [2, 3]],
  ["lines taken out", "1\n2\n3\n", "1\n3\n", []],
  ["no end of line", "1\n2", "1\ntwo", [2]],
  ["content that looks like a diff", "1\n2\n3\n4\n", "++ b/other\n2\n@@ -1 +9 @@\n4\n", [1, 3]],
])("%s", async (_, before, after, lines) => {
  const { git, from, to } = await change(before, after);
  const added = await addedLines(git, from, to);
  expect([...(added.get("a b.py") ?? [])]).toEqual(lines);
  expect([...added.keys()].sort()).toEqual(["a b.py", "new"]);
});

test("hunks say which lines become which", async () => {
  const { git, from, to } = await change("1\n2\n3\n4\n", "0\n1\n3\nfour\n");
  expect((await lineChanges(git, from, to)).get("a b.py")).toEqual([
    { from: 0, from_count: 0, to: 1, to_count: 1 },
    { from: 2, from_count: 1, to: 2, to_count: 0 },
    { from: 4, from_count: 1, to: 4, to_count: 1 },
  ]);
});

test("names of every kind, files that go, and files that an attribute takes for binary", async () => {
  const odd = 'q"\\ \n\té';
  const repo = await repository({ ".gitattributes": "* -diff\n", a: "1\n2\n", b: "1\n2\n3\n", [odd]: "1\n" });
  made.push(repo);
  const head = await repo.user("rev-parse", "HEAD");
  const changed = await lineChanges(repo.git, head, await repo.commit({ a: "1\ntwo\n", b: null, [odd]: "1\n2\n" }));
  expect(Object.fromEntries(changed)).toEqual({
    a: [{ from: 2, from_count: 1, to: 2, to_count: 1 }],
    [odd]: [{ from: 1, from_count: 0, to: 2, to_count: 1 }],
  });
});
