import { expect, test } from "bun:test";
import { type KeyPath, locate } from "./toml_place.ts";

const TEXT = `# a comment with [brackets] = "and" quotes
title = "x" # after
[plan]
name = 'its'
long = """
[not.a.table]
key = "no" \\"""
quotes end""""" # five
after = '''
[nor.this]'''
"quoted key" = 1
a.b."c.d" = [
  "one", # first
  [2, { x = 1, y.z = [true, false] }],
  """three
""",
]
inline = { k = "v", list = ["a", "b"] }
date = 1979-05-27T07:32:00Z

[tasks.one]
files = ["a.py", "b.py"]
[ tasks . "two.x" ]
files.edit = ["ä", "c"]
"\\u0061b" = 2
[[items]]
name = "first"
[[items]]
name = "second"
[items.sub]
deep = 1
`;

test.each<[KeyPath, string]>([
  [["title"], "title ="],
  [["plan"], "plan]"],
  [["plan", "name"], "name = 'it"],
  [["plan", "long"], "long ="],
  [["plan", "after"], "after ="],
  [["plan", "quoted key"], '"quoted key"'],
  [["plan", "a"], "a.b."],
  [["plan", "a", "b", "c.d"], '"c.d"'],
  [["plan", "a", "b", "c.d", 0], '"one"'],
  [["plan", "a", "b", "c.d", 1, 0], "2, { x"],
  [["plan", "a", "b", "c.d", 1, 1, "x"], "x = 1"],
  [["plan", "a", "b", "c.d", 1, 1, "y", "z", 1], "false]"],
  [["plan", "a", "b", "c.d", 2], '"""three'],
  [["plan", "inline", "list", 1], '"b"] }'],
  [["tasks", "one"], "one]"],
  [["tasks", "one", "files", 1], '"b.py"'],
  [["tasks", "two.x"], '"two.x" ]'],
  [["tasks", "two.x", "files", "edit", 1], '"c"]'],
  [["tasks", "two.x", "ab"], '"\\u0061b"'],
  [["items", 0, "name"], 'name = "first"'],
  [["items", 1, "name"], 'name = "second"'],
  [["items", 1, "sub", "deep"], "deep = 1"],
])("finds %j", (path, word) => {
  const offset = TEXT.indexOf(word);
  const before = TEXT.slice(0, offset).split("\n");
  expect(locate(TEXT)(path)).toEqual({ line: before.length, column: before.at(-1)!.length + 1 });
});

test("a path that is not written has the place of the longest part that is", () => {
  expect(locate(TEXT)(["tasks", "one", "prompt"])).toEqual(locate(TEXT)(["tasks", "one"]));
  expect(locate(TEXT)(["nothing", "of", "it"])).toEqual({ line: 1, column: 1 });
  expect(locate("")(["a"])).toEqual({ line: 1, column: 1 });
});

test("columns count characters, also before CRLF and after letters of two code units", () => {
  const at = locate('a = ["😀", "b"]\r\nb = 1\r\n');
  expect(at(["a", 1])).toEqual({ line: 1, column: 11 });
  expect(at(["b"])).toEqual({ line: 2, column: 1 });
});

test("a prompt of a million characters is passed over", () => {
  const at = locate(`prompt = """\n${'words \\\\ \\" and more\n'.repeat(50_000)}"""\nafter = 1`);
  expect(at(["after"]).line).toBe(50_003);
});
