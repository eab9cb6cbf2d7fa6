import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { type Content, type Repository, repository } from "../../git/testing/repository.ts";
import { RULE_TEXTS, type RuleFile, ruleChange } from "./change.ts";

setDefaultTimeout(60_000); // many processes each, and the machine may be busy

const made: Repository[] = [];
afterEach(() => {
  for (const one of made.splice(0)) one.remove();
});

type Files = Record<string, Content | null>;
const SAID = {
  task: "t/a.b",
  summary: "s",
  role: "worker",
  claims: { create: [], edit: ["a"], delete: [], read: [], touch: [] },
  message: "m",
  departments: { core: ["src/**"] },
};

async function changeOf(before: Files, after: Files, more: (repo: Repository) => Promise<unknown> = async () => null) {
  const repo = await repository(before as Record<string, Content>);
  made.push(repo);
  const from = await repo.user("rev-parse", "HEAD");
  await repo.commit(after);
  await more(repo);
  return ruleChange(repo.git, { from, to: await repo.user("rev-parse", "HEAD"), ...SAID });
}
const only = async (...asked: Parameters<typeof changeOf>): Promise<RuleFile> => {
  const { files } = await changeOf(...asked);
  expect(files).toHaveLength(1);
  return files[0] as RuleFile;
};
const added: Partial<RuleFile> = {
  status: "added",
  mode: "100644",
  old_mode: null,
  old_path: null,
  old: null,
  removed_lines: [],
};
const marks = { binary: false, utf8: true, too_large: false } as const;

test("a change says whose it is and what it stands on", async () => {
  const { files, base, ...said } = await changeOf({ a: "1\n" }, { a: "2\n" });
  expect(said).toEqual(SAID);
  expect(base).toMatch(/^[0-9a-f]{40}$/);
  expect(files).toEqual([
    {
      path: "a",
      old_path: null,
      status: "edited",
      mode: "100644",
      old_mode: "100644",
      ...marks,
      added_lines: [{ line: 1, text: "2" }],
      removed_lines: [{ line: 1, text: "1" }],
      old: "1\n",
      new: "2\n",
    },
  ]);
});

test.each<[string, Files, Files, Partial<RuleFile>]>([
  ["added", { x: "" }, { a: "1\n2" }, { ...added, ...marks, new: "1\n2", added_lines: [line(1, "1"), line(2, "2")] }],
  ["added with nothing in it", { x: "1" }, { a: "" }, { ...added, new: "", added_lines: [] }],
  [
    "deleted",
    { a: "1\n2\n" },
    { a: null },
    {
      status: "deleted",
      mode: null,
      old_mode: "100644",
      new: null,
      old: "1\n2\n",
      removed_lines: [line(1, "1"), line(2, "2")],
    },
  ],
  [
    "edited in the middle",
    { a: "1\n2\n3\n" },
    { a: "1\ntwo\nmore\n3\n" },
    { status: "edited", added_lines: [line(2, "two"), line(3, "more")], removed_lines: [line(2, "2")] },
  ],
  [
    "moved as it was",
    { "old.py": "1\n" },
    { "old.py": null, "new/a.py": "1\n" },
    {
      path: "new/a.py",
      old_path: "old.py",
      status: "renamed",
      old: "1\n",
      new: "1\n",
      added_lines: [],
      removed_lines: [],
    },
  ],
  [
    "made a program",
    { a: "1\n" },
    { a: { run: "1\n" } },
    { status: "edited", mode: "100755", old_mode: "100644", added_lines: [], removed_lines: [], new: "1\n" },
  ],
  [
    "made a link",
    { a: "1\n" },
    { a: { link: "b" } },
    {
      status: "edited",
      mode: "120000",
      old_mode: "100644",
      old: "1\n",
      new: "b",
      added_lines: [line(1, "b")],
      removed_lines: [line(1, "1")],
    },
  ],
  [
    "written with other line ends",
    { a: "1\r\n2\r\n" },
    { a: "1\r\nzwei\r\n" },
    { new: "1\r\nzwei\r\n", added_lines: [line(2, "zwei")], removed_lines: [line(2, "2")] },
  ],
  ["binary", { a: "1" }, { a: new Uint8Array([1, 0, 2]) }, { binary: true, new: null, old: null, added_lines: [] }],
  [
    "no UTF-8",
    { x: "1" },
    { a: new Uint8Array([0x65, 0xff, 0x76, 0x0a]) },
    { utf8: false, binary: false, new: "e\uFFFDv\n", added_lines: [line(1, "e\uFFFDv")] },
  ],
  ["with a mark of byte order", { x: "1" }, { a: "\uFEFF1\n" }, { utf8: true, new: "\uFEFF1\n" }],
  [
    "too large",
    { a: "1" },
    { a: "x".repeat(RULE_TEXTS.file_chars + 1) },
    { too_large: true, new: null, old: null, added_lines: [] },
  ],
  [
    "of a name with everything in it",
    { x: "1" },
    { 'q"\n\\ é': "1\n" },
    { path: 'q"\n\\ é', added_lines: [line(1, "1")] },
  ],
])("a file that is %s", async (_, before, after, expected) => {
  expect(await only(before, after)).toMatchObject(expected);
});

function line(number: number, text: string) {
  return { line: number, text };
}

test("lines of a file that is gone are nobody else's", async () => {
  const { files } = await changeOf({ a: "1\n2\n", b: "1\n2\n3\n" }, { a: "1\n2\n3\n", b: null });
  expect(files.map(({ path, added_lines, removed_lines }) => [path, added_lines.length, removed_lines.length])).toEqual(
    [
      ["a", 1, 0],
      ["b", 0, 3],
    ],
  );
});

test("of equal files that went, each goes with one that came", async () => {
  const { files } = await changeOf({ a: "1\n", b: "1\n" }, { a: null, b: null, c: "1\n" });
  expect(files.map(({ path, status, old_path }) => [path, status, old_path])).toEqual([
    ["b", "deleted", null],
    ["c", "renamed", "a"],
  ]);
});

test("another repository in it has a mode and no text", async () => {
  const file = await only({ a: "1\n" }, {}, async (repo) => {
    const head = await repo.user("rev-parse", "HEAD");
    await repo.user("update-index", "--add", "--cacheinfo", `160000,${head},sub`);
    await repo.user("commit", "-qm", "sub");
  });
  expect(file).toMatchObject({ path: "sub", status: "added", mode: "160000", new: null, added_lines: [] });
});

test("all texts together have a limit, and the files beyond it a mark", async () => {
  const text = "x".repeat(RULE_TEXTS.file_chars);
  const count = RULE_TEXTS.all_chars / RULE_TEXTS.file_chars + 2;
  const many = Object.fromEntries(Array.from({ length: count }, (_, at) => [`f${String(at).padStart(3, "0")}`, text]));
  const { files } = await changeOf({ a: "1\n" }, many);
  expect(files.filter(({ too_large }) => too_large).map(({ path }) => path)).toEqual(["f016", "f017"]);
});

test.each([
  ["short lines", "\n", 2],
  ["what JSON spells out", "\x01", 4],
])("all together are cut where %s make much of them", async (_, char, shown) => {
  const text = char.repeat(RULE_TEXTS.file_chars);
  const { files } = await changeOf(
    { a: "" },
    Object.fromEntries(["b", "c", "d", "e", "f", "g"].map((name) => [name, `${name}${text.slice(1)}`])),
  );
  expect(files.map(({ too_large }) => too_large)).toEqual([0, 1, 2, 3, 4, 5].map((at) => at >= shown));
  expect(JSON.stringify(JSON.stringify(files)).length).toBeLessThan(64 * 1024 * 1024);
});
