import { afterEach, expect, test } from "bun:test";
import { chmodSync, existsSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { claims, type Lab, type LabOptions, openLab } from "../../../test/lab.ts";
import { runTool, toolNamed, toolsOf } from "./registry.ts";
import type { Answer } from "./tool.ts";

const FILES = {
  "src/app.py": "def f():\n    return 1\n",
  "src/other.py": "def g():\n    return 2\n",
  "src/crlf.py": "a = 1\r\nb = 2\r\n",
  "src/bom.py": "\ufeffa = 1\n",
  "src/latin.py": new Uint8Array([0x61, 0xe9, 0x0a]),
  "src/multi.txt": "a\n\nb\nc\nd\n",
  "bin.dat": new Uint8Array([0, 1, 2, 255]),
  "tests/test_app.py": "def test_f():\n    assert True\n",
  ".gitignore": "ignored/\n",
  ".env": "KEY=return\n",
  ".hidden/x.txt": "return hidden\n",
};
const WRITE = [
  "src/app.py",
  "src/new.py",
  "src/crlf.py",
  "src/bom.py",
  "src/latin.py",
  "src/multi.txt",
  "link",
  "lib/",
];

const labs: Lab[] = [];
afterEach(() => {
  for (const lab of labs.splice(0)) lab.remove();
});
async function open(scope: LabOptions["scope"] = {}): Promise<Lab> {
  const lab = await openLab({ files: FILES, scope: { write: claims(...WRITE), ...scope } });
  labs.push(lab);
  return lab;
}
const read = (lab: Lab, path: string) => readFileSync(join(lab.root, path), "utf8");
const told = (answer: Answer) => ({ ok: answer.ok, text: answer.text });

type Case = [name: string, tool: string, input: Record<string, unknown>, want: { ok: boolean; says: string }];
const yes = (says: string) => ({ ok: true, says });
const no = (says: string) => ({ ok: false, says });

test.each<Case>([
  ["a whole file", "read_file", { path: "src/app.py" }, yes("def f():\n    return 1\n")],
  ["some lines", "read_file", { path: "src/app.py", start_line: 2 }, yes("2:     return 1")],
  ["up to a line", "read_file", { path: "src/app.py", end_line: 1 }, yes("1: def f():")],
  ["a start beyond the end", "read_file", { path: "src/app.py", start_line: 9 }, no("it has 2 lines")],
  [
    "an end before the start",
    "read_file",
    { path: "src/app.py", start_line: 2, end_line: 1 },
    no("line 1 is before line 2"),
  ],
  ["a negative line", "read_file", { path: "src/app.py", start_line: -1 }, no('Cannot call "read_file"')],
  ["a file that is not there", "read_file", { path: "src/no.py" }, no("does not exist")],
  ["a directory", "read_file", { path: "src" }, no("is a directory")],
  ["a binary file", "read_file", { path: "bin.dat" }, no("binary")],
  ["git's folder", "read_file", { path: ".git" }, no("git's own folder belongs to nobody")],
  ["a way out", "read_file", { path: "../x" }, no("traversal")],
  ["no path", "read_file", {}, no('Cannot call "read_file"')],

  ["an existing file", "write_file", { path: "src/app.py", content: "x" }, no("edit_file or apply_patch")],
  ["onto a directory", "write_file", { path: "src", content: "x" }, no("is a directory")],
  ["an unclaimed file", "write_file", { path: "conftest.py", content: "x" }, no("not claimed")],
  ["a file of dgov", "write_file", { path: ".dgov/x", content: "x" }, no("belongs to dgov")],
  ["with a slash at its end", "write_file", { path: "src/new.py/", content: "x" }, no("ends with a slash")],
  ["with a NUL in its name", "write_file", { path: "src/new.py\0x", content: "x" }, no("control character")],

  [
    "text that is not there",
    "edit_file",
    { path: "src/app.py", old_text: "return 9", new_text: "x" },
    no("not found in it; line 2 is near"),
  ],
  [
    "text with other white space",
    "edit_file",
    { path: "src/app.py", old_text: "\treturn 1", new_text: "x" },
    no("line 2 begins like it"),
  ],
  [
    "text that is there twice",
    "edit_file",
    { path: "src/app.py", old_text: "r", new_text: "x" },
    no("matches 2 locations (lines 2, 2)"),
  ],
  ["empty text", "edit_file", { path: "src/app.py", old_text: "", new_text: "x" }, no("old_text is empty")],
  ["the same text", "edit_file", { path: "src/app.py", old_text: "f", new_text: "f" }, no("are the same")],
  ["an unclaimed file", "edit_file", { path: "src/other.py", old_text: "2", new_text: "3" }, no("not claimed")],
  [
    "a file that is only read",
    "edit_file",
    { path: "tests/test_app.py", old_text: "True", new_text: "1" },
    no("claimed for reading only"),
  ],
  ["a missing file", "edit_file", { path: "src/new.py", old_text: "a", new_text: "b" }, no("does not exist")],
  [
    "a character the encoding lacks",
    "edit_file",
    { path: "src/latin.py", old_text: "a", new_text: "€" },
    no("no such character"),
  ],

  [
    "wrong lines",
    "apply_patch",
    { path: "src/app.py", patch: "@@ -1,2 +1,2 @@\n def f():\n-    return WRONG\n+    return 7\n" },
    no("the patch wants"),
  ],
  [
    "another file's header",
    "apply_patch",
    { path: "src/app.py", patch: "--- a/src/other.py\n+++ b/src/other.py\n@@ -1,1 +1,1 @@\n-def f():\n+def h():\n" },
    no("another file"),
  ],
  ["no hunk", "apply_patch", { path: "src/app.py", patch: "no hunks at all" }, no("no hunk")],
  ["a missing file", "apply_patch", { path: "src/new.py", patch: "@@ -0,0 +1 @@\n+x\n" }, no("does not exist")],
  [
    "an unclaimed file",
    "apply_patch",
    { path: "src/other.py", patch: "@@ -1 +1 @@\n-def g():\n+def h():\n" },
    no("not claimed"),
  ],
  [
    "a change that is none",
    "apply_patch",
    { path: "src/app.py", patch: "@@ -1 +1 @@\n-def f():\n+def f():\n" },
    no("changes nothing"),
  ],

  ["the root", "revert_file", { path: "." }, no("Cannot call")],
  ["a directory", "revert_file", { path: "src" }, no("is a directory")],
  ["nothing", "revert_file", { path: "src/new.py" }, no("does not exist")],
  ["an unclaimed file", "revert_file", { path: "src/other.py" }, no("not claimed")],
  ["nothing", "delete_file", { path: "src/new.py" }, no("does not exist")],
  ["a directory", "delete_file", { path: "src" }, no("is a directory")],
  ["an unclaimed file", "delete_file", { path: "src/other.py" }, no("not claimed")],

  ["a command", "run_bash", { cmd: "echo hello; echo bad >&2" }, yes("hello\nbad\nEXIT:0")],
  ["a silent command", "run_bash", { cmd: "true" }, yes("(no output)\nEXIT:0")],
  ["a command that fails", "run_bash", { cmd: "echo x; exit 3" }, no("x\nEXIT:3")],
  ["an empty command", "run_bash", { cmd: "  " }, no("it is empty")],
  ["long output", "run_bash", { cmd: "seq 1 5000; exit 3" }, no("\n5000\nEXIT:3")],
  ["bytes that are no text", "run_bash", { cmd: "printf '\\377\\376'" }, yes("EXIT:0")],

  ["a pattern", "grep", { pattern: "return [0-9]" }, yes("src/app.py:2:    return 1\nsrc/other.py:2:    return 2")],
  ["a pattern in hidden files", "grep", { pattern: "hidden" }, yes(".hidden/x.txt:1:return hidden")],
  ["a pattern in one file", "grep", { pattern: "return", path: "src/app.py" }, yes("src/app.py:2:    return 1")],
  ["a pattern that is an option", "grep", { pattern: "-e foo" }, yes("No matches found.")],
  ["a pattern with look-ahead", "grep", { pattern: "return (?=2)" }, yes("src/other.py:2:    return 2")],
  ["a pattern that does not compile", "grep", { pattern: "(" }, no('Cannot search "."')],
  ["a path that is not there", "grep", { pattern: "return", path: "src/missing.py" }, no("does not exist")],
  ["a path that leads out", "grep", { pattern: "x", path: "../.." }, no("traversal")],

  ["a pattern", "glob", { pattern: "src/*.txt" }, yes("src/multi.txt")],
  ["a name anywhere", "glob", { pattern: "test_*.py" }, yes("tests/test_app.py")],
  ["many folders", "glob", { pattern: "**/x.txt" }, yes(".hidden/x.txt")],
  ["nothing", "glob", { pattern: "*/app" }, yes("No files matched.")],
  ["a way out", "glob", { pattern: "../*" }, no("traversal")],
  ["the root of the machine", "glob", { pattern: "/etc/*" }, no("traversal")],

  ["a folder", "list_dir", { path: "tests" }, yes("test_app.py  (30 bytes)")],
  [
    "the root",
    "list_dir",
    {},
    yes(".env  (11 bytes)\n.gitignore  (9 bytes)\n.hidden/\nbin.dat  (4 bytes)\nsrc/\ntests/"),
  ],
  ["a file", "list_dir", { path: "src/app.py" }, no("is not a directory")],
  ["nothing", "list_dir", { path: "no" }, no("does not exist")],
  ["a way out", "list_dir", { path: ".." }, no("traversal")],

  ["nothing changed", "git_diff", {}, yes("No changes.")],
  ["a path's history", "recent_changes", { path: "src" }, yes("the first")],
  ["a path without history", "recent_changes", { path: "--output=pwn" }, yes("No commit has changed")],
  ["tests without a command", "run_tests", {}, no("Cannot run test_cmd: the project does not configure it")],
  ["lint without a command", "lint_check", {}, no("Cannot run lint_cmd")],
  ["types without a command", "type_check", {}, yes("not configured")],
  ["no summary", "done", {}, no('Cannot call "done"')],
  ["a summary that is no text", "done", { summary: 5 }, no('Cannot call "done"')],
  ["an outcome that is none", "done", { summary: "s", outcome: "great" }, no('Cannot call "done"')],
  ["an argument too many", "git_diff", { path: "x" }, no('Cannot call "git_diff"')],
])("%s: %s %j", async (_, tool, input, { ok, says }) => {
  const lab = await open();
  const answer = await runTool(tool, input, lab.host);
  expect(answer.ok).toBe(ok);
  expect(answer.text).toContain(says);
  if (!ok && !/EXIT:/.test(answer.text)) expect(answer.text).toStartWith("Error: ");
  expect(lab.git("status", "--porcelain")).toBe("");
});

test.each([
  [
    "edit_file",
    { path: "src/app.py", old_text: "return 1", new_text: "return $&" },
    "src/app.py",
    "def f():\n    return $&\n",
  ],
  ["edit_file", { path: "src/crlf.py", old_text: "a = 1", new_text: "a = 5" }, "src/crlf.py", "a = 5\r\nb = 2\r\n"],
  [
    "edit_file",
    { path: "src/crlf.py", old_text: "a = 1\nb = 2", new_text: "a\nb\nc" },
    "src/crlf.py",
    "a\r\nb\r\nc\r\n",
  ],
  ["edit_file", { path: "src/bom.py", old_text: "a = 1", new_text: "a = 2" }, "src/bom.py", "\ufeffa = 2\n"],
  [
    "apply_patch",
    { path: "src/multi.txt", patch: "@@ -1,3 +1,3 @@\n a\n\n-b\n+B\n" },
    "src/multi.txt",
    "a\n\nB\nc\nd\n",
  ],
  ["write_file", { path: "src/new.py", content: "x = 'é'\n" }, "src/new.py", "x = 'é'\n"],
  ["write_file", { path: "lib/a/b.py", content: "" }, "lib/a/b.py", ""],
])("%s %j writes %s", async (tool, input, path, want) => {
  const lab = await open();
  const answer = await runTool(tool, input, lab.host);
  expect(told(answer)).toEqual({ ok: true, text: expect.stringContaining(path) });
  expect(answer.touched).toEqual([path]);
  expect(read(lab, path)).toBe(want);
});

test("write_file counts bytes, not characters", async () => {
  const lab = await open();
  expect((await runTool("write_file", { path: "src/new.py", content: "é\n" }, lab.host)).text).toContain("(3 bytes)");
});

test("a file that is not UTF-8 keeps its encoding", async () => {
  const lab = await open();
  await runTool("edit_file", { path: "src/latin.py", old_text: "a", new_text: "ü" }, lab.host);
  expect([...readFileSync(join(lab.root, "src/latin.py"))]).toEqual([0xfc, 0xe9, 0x0a]);
});

test("a file behind a link is not read, written or made", async () => {
  const lab = await open();
  symlinkSync("src/other.py", join(lab.root, "link"));
  for (const [tool, input] of [
    ["read_file", { path: "link" }],
    ["write_file", { path: "link", content: "x" }],
    ["edit_file", { path: "link", old_text: "2", new_text: "3" }],
  ] as const)
    expect(await runTool(tool, input, lab.host)).toMatchObject({ ok: false });
  expect(read(lab, "src/other.py")).toBe(FILES["src/other.py"]);
  expect((await runTool("list_dir", {}, lab.host)).text).toContain("link  (symbolic link)");
});

test("revert_file brings back content and mode, and removes what is new", async () => {
  const lab = await open();
  writeFileSync(join(lab.root, "src/app.py"), "broken");
  chmodSync(join(lab.root, "src/app.py"), 0o755);
  writeFileSync(join(lab.root, "src/new.py"), "new");
  expect(told(await runTool("revert_file", { path: "src/app.py" }, lab.host)).ok).toBe(true);
  expect(told(await runTool("revert_file", { path: "src/new.py" }, lab.host)).text).toContain("Removed");
  await runTool("delete_file", { path: "src/latin.py" }, lab.host);
  expect(existsSync(join(lab.root, "src/latin.py"))).toBe(false);
  await runTool("revert_file", { path: "src/latin.py" }, lab.host);
  expect(statSync(join(lab.root, "src/app.py")).mode & 0o111).toBe(0);
  expect(lab.git("status", "--porcelain")).toBe("");
});

test("git_diff shows followed, new, binary and unusually named files", async () => {
  const lab = await open();
  writeFileSync(join(lab.root, "src/app.py"), "def f():\n    return 3\n");
  writeFileSync(join(lab.root, "src/new é.py"), "x");
  writeFileSync(join(lab.root, "src/b.bin"), new Uint8Array([0, 1]));
  const { text } = await runTool("git_diff", {}, lab.host);
  expect(text).toContain("+    return 3");
  expect(text).toContain("+++ b/src/new é.py\n@@ -0,0 +1,1 @@\n+x\n\\ No newline at end of file");
  expect(text).toContain("[binary, 2 bytes]");
});

test("scope_status says what is claimed, changed and in the way", async () => {
  const lab = await open({ write: claims("src/app.py", ".github/x", "src/gone.py"), deny: ["secrets/"] });
  writeFileSync(join(lab.root, "src/app.py"), "x");
  expect((await runTool("scope_status", {}, lab.host)).text).toBe(
    [
      "scope_status: pass",
      "claimed_writable: src/app.py, .github/x, src/gone.py",
      "claimed_readonly: tests/test_app.py",
      "modified_files: src/app.py",
      "unclaimed_modified: (none)",
      "blocking: (none)",
    ].join("\n"),
  );
  writeFileSync(join(lab.root, "src/é x.py"), "x");
  const { text } = await runTool("scope_status", {}, lab.host);
  expect(text).toContain("scope_status: fail");
  expect(text).toContain("modified_files: src/app.py, src/é x.py (added)");
  expect(text).toContain('unclaimed_modified: src/é x.py\nblocking:\n  "src/é x.py" is not claimed');
});

test("grep gives a hundred matches and says that there are more", async () => {
  const lab = await open();
  writeFileSync(join(lab.root, "src/new.py"), "hit\n".repeat(250));
  const lines = (await runTool("grep", { pattern: "hit" }, lab.host)).text.split("\n");
  expect(lines).toHaveLength(101);
  expect(lines.at(-1)).toBe("... truncated: the first 100 of 250 lines are shown; narrow the search");
});

test("grep leaves out ignored files unless one is named, and secrets always in a search", async () => {
  const lab = await open();
  await runTool("run_bash", { cmd: "mkdir ignored; echo treasure > ignored/a.txt; echo treasure >> .env" }, lab.host);
  expect((await runTool("grep", { pattern: "treasure" }, lab.host)).text).toBe("No matches found.");
  expect((await runTool("grep", { pattern: "treasure", path: "ignored/a.txt" }, lab.host)).text).toContain("treasure");
});

test("read_file shows a long file in parts", async () => {
  const lab = await open();
  writeFileSync(join(lab.root, "src/new.py"), Array.from({ length: 5000 }, (_, i) => `line ${i + 1}\n`).join(""));
  const { text } = await runTool("read_file", { path: "src/new.py" }, lab.host);
  const next = /start_line=(\d+)\]$/.exec(text)?.[1];
  expect(text.length).toBeLessThan(12_000);
  expect((await runTool("read_file", { path: "src/new.py", start_line: Number(next) }, lab.host)).text).toStartWith(
    `${next}: line ${next}\n`,
  );
});

const CHANGING = [
  "write_file",
  "edit_file",
  "apply_patch",
  "delete_file",
  "revert_file",
  "run_bash",
  "lint_fix",
  "format_file",
];

test.each(["researcher", "reviewer"] as const)("the role %s has no tool that changes something", async (role) => {
  const names = toolsOf(role).map(({ name }) => name);
  expect(names.filter((name) => CHANGING.includes(name))).toEqual([]);
  const lab = await open({ role });
  for (const tool of CHANGING)
    expect(await runTool(tool, { path: "src/new.py", content: "x" }, lab.host)).toMatchObject({
      ok: false,
      refused_by: "role",
    });
  expect((await runTool("scope_status", {}, lab.host)).ok).toBe(true);
  expect((await runTool("read_file", { path: "src/app.py" }, lab.host)).ok).toBe(true);
});

test("a worker has the tools of the original, under their names, and scripts", () => {
  const names = [
    "read_file",
    "write_file",
    "edit_file",
    "apply_patch",
    "revert_file",
    "delete_file",
    "run_bash",
    "grep",
    "glob",
    "list_dir",
    "git_diff",
    "recent_changes",
    "run_tests",
    "lint_check",
    "lint_fix",
    "format_file",
    "type_check",
    "scope_status",
    "done",
    "head",
    "tail",
    "tree",
    "ripgrep",
    "ast_grep",
    "find_references",
    "search_tests_for",
    "word_count",
    "jq",
    "assert_file_unchanged",
    "file_symbols",
    "related_files",
    "check_syntax",
    "run_script",
  ];
  expect(
    toolsOf("worker")
      .map(({ name }) => name)
      .sort(),
  ).toEqual(names.sort());
  expect(toolNamed("_execute_shell")).toBeNull();
});

test("a pattern made to be slow gets an answer", async () => {
  const lab = await open();
  writeFileSync(join(lab.root, "src/new.py"), `${"a".repeat(40)}b\n`);
  const { text } = await runTool("grep", { pattern: "(a|aa)+$", path: "src/new.py" }, lab.host);
  expect(text).toMatch(/^(Error: Cannot search "src\/new\.py"|No matches found\.)/);
});
