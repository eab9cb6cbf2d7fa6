import { afterAll, beforeAll, expect, test } from "bun:test";
import { chmodSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { claims, type Lab, openLab } from "../../../test/lab.ts";
import { loadsModule } from "./jq_program.ts";
import { runTool } from "./registry.ts";

const FILES = {
  "src/app.py": "def f():\n    return Cart.total(1)\n\n\nclass Cart:\n    pass\n",
  "src/other.py": "def g():\n    return f()  # f and fx\n",
  "src/deep/er/x.ts": "export const total = 1;\n",
  "src/[id]/page.ts": "total\n",
  "tests/test_app.py": "def test_f():\n    assert f()\n\n# f 1\n# f 2\n# f 3\n# f 4\n# f 5\n",
  "web/cart.test.ts": "test('total', () => total);\n",
  "bin.dat": new Uint8Array([0, 1, 2, 255]),
  "empty.txt": "",
  "data.json": '{"a": [1, 2, 3], "import": 4}\n',
  "broken.json": '{"a": \n',
  ".gitignore": "ignored/\n",
  ".env": "KEY=total\n",
  "node_modules/x/index.js": "total\n",
  "-dash.txt": "total -e\n",
  "it's.txt": "quote\n",
};

let lab: Lab;
beforeAll(async () => {
  lab = await openLab({ files: FILES, scope: { write: claims("src/app.py") } });
  symlinkSync("/etc", join(lab.root, "out"));
  symlinkSync("nowhere", join(lab.root, "dangling"));
  if (Bun.spawnSync(["mkfifo", join(lab.root, "pipe")]).exitCode !== 0) throw new Error("Cannot make a pipe");
  writeFileSync(join(lab.root, "fresh.py"), "f\n");
  const many = Array.from({ length: 5_000 }, (_, n) => `line ${n + 1} ${"x".repeat(20)}`).join("\n");
  writeFileSync(join(lab.root, "long.txt"), many);
});
afterAll(() => lab.remove());

const run = (tool: string, input: Record<string, unknown>) => runTool(tool, input, lab.host);

type Case = [tool: string, input: Record<string, unknown>, ok: boolean, says: string | RegExp];

test.each<Case>([
  ["head", { path: "src/app.py", n: 1 }, true, /^1: def f\(\):$/],
  ["head", { path: "src/other.py" }, true, /^1: def g\(\):\n2: {5}return f\(\) {2}# f and fx$/],
  ["head", { path: "empty.txt" }, true, "(empty file)"],
  ["head", { path: "long.txt", n: 1_000_000 }, true, /\[lines \d+ to 5000 of 5000 omitted; read on/],
  ["head", { path: "src/app.py", n: 0 }, false, 'Cannot call "head"'],
  ["head", { path: "src/app.py", n: -1 }, false, 'Cannot call "head"'],
  ["head", { path: "bin.dat" }, false, "binary"],
  ["head", { path: "src" }, false, "is a directory"],
  ["head", { path: "pipe" }, false, "not a regular file"],
  ["head", { path: "out/passwd" }, false, "symbolic link"],
  ["head", { path: "dangling" }, false, "symbolic link"],
  ["head", { path: "no.py" }, false, "does not exist"],
  ["head", { path: "../x" }, false, "traversal"],
  ["tail", { path: "src/app.py", n: 1 }, true, /^6: {5}pass$/],
  ["tail", { path: "long.txt", n: 2 }, true, /^4999: line 4999 x+\n5000: line 5000 x+$/],
  [
    "tail",
    { path: "long.txt", n: 4_000 },
    true,
    /^\[lines 1001 to \d+ omitted; read them with read_file\]\n[\s\S]*5000 x+$/,
  ],
  ["tail", { path: "empty.txt" }, true, "(empty file)"],
  ["tail", { path: "src/app.py", n: 0 }, false, 'Cannot call "tail"'],
  ["tail", { path: "src" }, false, "is a directory"],

  ["tree", {}, true, /^src\/\n {2}\[id\]\/\n {4}page\.ts\n {2}app\.py$/m],
  ["tree", {}, true, /^node_modules\/ {2}\(not shown\)\nout {2}\(symbolic link\)\npipe {2}\(special file\)$/m],
  ["tree", { path: "src", max_depth: 1_000_000 }, true, /x\.ts$/m],
  ["tree", { path: "src", max_depth: 1 }, true, /^\[id\]\/\napp\.py\ndeep\/\nother\.py$/],
  ["tree", { path: "src", max_depth: 3 }, true, /^deep\/\n {2}er\/\n {4}x\.ts$/m],
  ["tree", { max_depth: 0 }, false, 'Cannot call "tree"'],
  ["tree", { max_depth: "1; id #" }, false, 'Cannot call "tree"'],
  ["tree", { path: "src/app.py" }, false, "is not a directory"],
  ["tree", { path: "out" }, false, "is not a directory"],
  ["tree", { path: "gone" }, false, "does not exist"],
  ["tree", { path: ".git" }, false, "git's own folder"],

  ["ripgrep", { pattern: "RETURN", path: "src" }, true, "No matches found."],
  ["ripgrep", { pattern: "RETURN", path: "src", flags: "-i" }, true, /^src\/app\.py:2: +return.*\nsrc\/other\.py:2:/],
  [
    "ripgrep",
    { pattern: "f", path: "src/other.py", flags: ["-w", "-o"] },
    true,
    /^src\/other\.py:2:f\nsrc\/other\.py:2:f$/,
  ],
  [
    "ripgrep",
    { pattern: "total", flags: "-l -t ts" },
    true,
    /^src\/\[id\]\/page\.ts\nsrc\/deep\/er\/x\.ts\nweb\/cart\.test\.ts$/,
  ],
  ["ripgrep", { pattern: "total", path: "src/[id]", flags: "-l -t ts" }, true, /^src\/\[id\]\/page\.ts$/],
  [
    "ripgrep",
    { pattern: "total", flags: "-l -t ts -g '!*.test.ts'" },
    true,
    /^src\/\[id\]\/page\.ts\nsrc\/deep\/er\/x\.ts$/,
  ],
  ["ripgrep", { pattern: "return f()", flags: "-Fl" }, true, /^src\/other\.py$/],
  ["ripgrep", { pattern: "Pass", flags: "-S" }, true, "No matches found."],
  ["ripgrep", { pattern: "class cart", flags: "-S", path: "src/app.py" }, true, "src/app.py:5:class Cart:"],
  ["ripgrep", { pattern: " {4}pass", flags: "-x", path: "src" }, true, "src/app.py:6:"],
  ["ripgrep", { pattern: "pas", flags: "-x", path: "src" }, true, "No matches found."],
  ["ripgrep", { pattern: "    return f()  # f and fx", flags: "-x -F", path: "src" }, true, "src/other.py:2:"],
  [
    "ripgrep",
    { pattern: "class", flags: "-A1 --before-context=1", path: "src/app.py" },
    true,
    /app\.py-4-\nsrc\/app\.py:5:class Cart:\nsrc\/app\.py-6-/,
  ],
  ["ripgrep", { pattern: "f", flags: "-c -m 2", path: "tests" }, true, "tests/test_app.py:2"],
  [
    "ripgrep",
    { pattern: "line", flags: "-n --hidden", path: "long.txt" },
    true,
    "... truncated: the first 100 of 5000 lines",
  ],
  [
    "ripgrep",
    { pattern: "pass", flags: "-N --color never --sort=path --no-messages", path: "src" },
    true,
    "src/app.py:6:",
  ],
  ["ripgrep", { pattern: "pass", flags: "--color always", path: "src" }, false, "is no value"],
  ["ripgrep", { pattern: "-e", path: "-dash.txt" }, true, "total -e"],
  ["ripgrep", { pattern: "--pre=./evil.sh" }, true, "No matches found."],
  ["ripgrep", { pattern: "KEY" }, true, "No matches found."],
  ["ripgrep", { pattern: "root", path: "out" }, false, "not an ordinary file"],
  ["ripgrep", { pattern: "root", path: "pipe" }, false, "not an ordinary file"],
  ["ripgrep", { pattern: "x", path: "gone" }, false, "does not exist"],
  ["ripgrep", { pattern: "x", path: "../.." }, false, "traversal"],
  ["ripgrep", { pattern: "(" }, false, "Cannot search"],
  ["ripgrep", { pattern: "" }, false, 'Cannot call "ripgrep"'],
  ["ripgrep", { pattern: "x", flags: "; id; #" }, false, '";" is no flag'],
  ["ripgrep", { pattern: "x", flags: "CANARY ../.. --no-ignore" }, false, '"CANARY" is no flag'],
  ["ripgrep", { pattern: "x", flags: "--no-ignore" }, false, "not among those"],
  ["ripgrep", { pattern: "x", flags: "--pre ./evil.sh" }, false, "not among those"],
  ["ripgrep", { pattern: "x", flags: "--pre=./evil.sh" }, false, "not among those"],
  ["ripgrep", { pattern: "x", flags: "-f /etc/passwd" }, false, "not among those"],
  ["ripgrep", { pattern: "x", flags: "-L" }, false, "not among those"],
  ["ripgrep", { pattern: "x", flags: "-z" }, false, "not among those"],
  ["ripgrep", { pattern: "x", flags: "-uuu" }, false, "not among those"],
  ["ripgrep", { pattern: "x", flags: "-O sh" }, false, "not among those"],
  ["ripgrep", { pattern: "x", flags: "--open-files-in-pager=sh" }, false, "not among those"],
  ["ripgrep", { pattern: "x", flags: "--hostname-bin=./evil.sh" }, false, "not among those"],
  ["ripgrep", { pattern: "x", flags: "-" }, false, "is no flag"],
  ["ripgrep", { pattern: "x", flags: "--" }, false, "is no flag"],
  ["ripgrep", { pattern: "x", flags: "$(id)" }, false, "is no flag"],
  ["ripgrep", { pattern: "x", flags: "-i=3" }, false, "not among those"],
  ["ripgrep", { pattern: "x", flags: "--count=3" }, false, "takes no value"],
  ["ripgrep", { pattern: "x", flags: "-A" }, false, "needs a value"],
  ["ripgrep", { pattern: "x", flags: "-A -1" }, false, "is no value"],
  ["ripgrep", { pattern: "x", flags: "-C 99999999" }, false, "is no value"],
  ["ripgrep", { pattern: "x", flags: "-g ../**" }, false, "leaves the worktree"],
  ["ripgrep", { pattern: "x", flags: "-g :(top)x" }, false, "is no value"],
  ["ripgrep", { pattern: "x", flags: "-t klingon" }, false, "there is no type"],
  ["ripgrep", { pattern: "x", flags: "-t __proto__" }, false, "there is no type"],
  ["ripgrep", { pattern: "x", flags: "-g '*.py" }, false, "not closed"],
  ["ripgrep", { pattern: "x", flags: ["-i", 3] }, false, 'Cannot call "ripgrep"'],
  ["ripgrep", { pattern: "x", flags: { i: true } }, false, 'Cannot call "ripgrep"'],

  [
    "find_references",
    { symbol: "f" },
    true,
    /^fresh\.py:1:f\nsrc\/app\.py:1:def f\(\):\nsrc\/other\.py:2:[\s\S]*tests\/test_app\.py:2:/,
  ],
  [
    "find_references",
    { symbol: "f", exclude_tests: true },
    true,
    /^fresh\.py:1:f\nsrc\/app\.py:1:def f\(\):\nsrc\/other\.py:2:[^\n]*$/,
  ],
  ["find_references", { symbol: "Cart.total" }, true, /^src\/app\.py:2:[^\n]*$/],
  ["find_references", { symbol: "f.*" }, true, "No matches found."],
  ["find_references", { symbol: "--help" }, true, "No matches found."],
  ["find_references", { symbol: "KEY" }, true, "No matches found."],
  ["find_references", { symbol: "" }, false, 'Cannot call "find_references"'],
  ["find_references", { symbol: "a b" }, false, "white space"],
  ["find_references", { symbol: "a\0b" }, false, "white space"],
  ["find_references", { symbol: "f", exclude_tests: "yes" }, false, 'Cannot call "find_references"'],

  [
    "search_tests_for",
    { symbol: "f" },
    true,
    /^tests\/test_app\.py\n {2}1: def test_f\(\):\n {2}2: assert f\(\)\n( {2}\d: # f \d\n){3} {2}\+2 more$/,
  ],
  ["search_tests_for", { symbol: "total" }, true, /^web\/cart\.test\.ts\n {2}1: test/],
  ["search_tests_for", { symbol: "g" }, true, 'No test names "g".'],
  ["search_tests_for", { symbol: "$(id)" }, true, "No test names"],
  ["search_tests_for", {}, false, 'Cannot call "search_tests_for"'],

  ["word_count", { path: "src/app.py" }, true, "6 lines  7 words  src/app.py"],
  [
    "word_count",
    { path: "src" },
    true,
    /^6 lines {2}7 words {2}src\/app\.py\n2 lines[\s\S]*\n10 lines {2}\d+ words {2}total of 4 text files$/,
  ],
  ["word_count", { path: "." }, true, /^5000 lines {2}15000 words {2}long\.txt\n/],
  ["word_count", { path: "bin.dat" }, false, "binary"],
  ["word_count", { path: "pipe" }, false, "not a regular file"],
  ["word_count", { path: "dangling" }, false, "symbolic link"],
  ["word_count", { path: "gone" }, false, "does not exist"],
  ["word_count", {}, false, 'Cannot call "word_count"'],

  ["jq", { expr: ".a | add", path: "data.json" }, true, /^6$/],
  ["jq", { expr: "env, $ENV", path: "data.json" }, true, /^\{\}\n\{\}$/],
  ["jq", { expr: "input_filename", path: "data.json" }, true, /^(null|"<stdin>")$/],
  ["jq", { expr: '@sh "\\(.a)"', path: "data.json" }, true, "1 2 3"],
  ["jq", { expr: ".import", path: "data.json" }, true, /^4$/],
  ["jq", { expr: "-1", path: "data.json" }, true, /^-1$/],
  ["jq", { expr: "empty", path: "data.json" }, true, "(no output)"],
  ["jq", { expr: ".", path: "-dash.txt" }, false, "Cannot run the filter"],
  ["jq", { expr: "--rawfile x /etc/passwd $x", path: "data.json" }, false, "syntax error"],
  ["jq", { expr: "'; id; '", path: "data.json" }, false, "syntax error"],
  ["jq", { expr: 'import "passwd" as $x {search: "/etc"}; $x', path: "data.json" }, false, "import and include"],
  ["jq", { expr: 'include "x"; .', path: "data.json" }, false, "import and include"],
  ["jq", { expr: ".a[", path: "data.json" }, false, "syntax error"],
  ["jq", { expr: ".", path: "broken.json" }, false, "parse error"],
  ["jq", { expr: ".", path: "src" }, false, "is a directory"],
  ["jq", { expr: ".", path: "pipe" }, false, "not a regular file"],
  ["jq", { expr: ".", path: "out/passwd" }, false, "symbolic link"],
  ["jq", { expr: ".", path: "gone.json" }, false, "does not exist"],
  ["jq", { expr: "", path: "data.json" }, false, 'Cannot call "jq"'],
  [
    "jq",
    { expr: '[limit(1e8;repeat("x" * 1000))]|length', path: "data.json" },
    false,
    /more than 1000 MB|longer than 10 s/,
  ],

  ["assert_file_unchanged", { path: "src/other.py" }, true, /^OK: /],
  ["assert_file_unchanged", { path: "it's.txt" }, true, /^OK: /],
  ["assert_file_unchanged", { path: "fresh.py" }, false, /^FAIL: "fresh.py" is new/],
  ["assert_file_unchanged", { path: "pipe" }, false, /^FAIL: "pipe" is new/],
  ["assert_file_unchanged", { path: "src" }, false, "is a directory"],
  ["assert_file_unchanged", { path: "gone" }, false, "neither here nor in the base commit"],
])(
  "%s %j",
  async (tool, input, ok, says) => {
    const answer = await run(tool, input);
    expect({ ok: answer.ok, text: answer.text }).toEqual({
      ok,
      text: typeof says === "string" ? expect.stringContaining(says) : expect.stringMatching(says),
    });
  },
  30_000,
);

test("a file that was changed, deleted, or made executable is not unchanged", async () => {
  const own = await openLab({ files: { "a.txt": "a\n", "b.txt": "b\n", "c.sh": "c\n", "d.txt": "d\n" } });
  try {
    const look = async (path: string) => (await runTool("assert_file_unchanged", { path }, own.host)).text;
    writeFileSync(join(own.root, "a.txt"), "A\n");
    Bun.spawnSync(["rm", join(own.root, "b.txt")]);
    chmodSync(join(own.root, "c.sh"), 0o755);
    Bun.spawnSync(["ln", "-sf", "a.txt", join(own.root, "d.txt")]);
    expect(await Promise.all(["a.txt", "b.txt", "c.sh", "d.txt"].map(look))).toEqual([
      'FAIL: "a.txt" was changed (2 bytes before, 2 now)',
      'FAIL: "b.txt" was deleted',
      'FAIL: "c.sh" was made executable',
      'FAIL: "d.txt" is no ordinary file any more',
    ]);
  } finally {
    own.remove();
  }
});

test("what the repository's configuration says of searches changes nothing", async () => {
  const own = await openLab({ files: { "a.txt": "say x\n" } });
  try {
    for (const [key, value] of Object.entries({
      "grep.column": "true",
      "submodule.recurse": "true",
      "color.ui": "always",
    }))
      own.git("config", key, value);
    own.git("config", "grep.fullName", "false");
    expect((await runTool("grep", { pattern: "x" }, own.host)).text).toBe("a.txt:1:say x");
  } finally {
    own.remove();
  }
});

test("a new file that may hold secrets is named in the diff, and not shown", async () => {
  const own = await openLab({ files: { "a.txt": "a\n" } });
  try {
    writeFileSync(join(own.root, ".env"), "KEY=hush\n");
    const { text } = await runTool("git_diff", {}, own.host);
    expect(text).toContain(".env");
    expect(text).not.toContain("hush");
  } finally {
    own.remove();
  }
});

test.each<[Record<string, unknown>, string]>([
  [{ pattern: "print($A)" }, "nothing reads code by its structure here"],
  [{ pattern: "x", lang: "py; id" }, "not the name of a language"],
  [{ pattern: "x", path: ".." }, "traversal"],
  [{ pattern: "" }, 'Cannot call "ast_grep"'],
])("ast_grep: %j is refused where nobody lends what reads code", async (input, says) => {
  expect(await run("ast_grep", input)).toEqual({ ok: false, text: expect.stringContaining(says) });
});

test.each([
  ['import "a" as a; .', true],
  ['  # c\n include "a"; .', true],
  ['module {}; import "a" as $a; .', true],
  ['# "\nimport "a" as a; .', true],
  ['# \\\n"\nimport "a" as a; .', true],
  ['# "\rimport "a" as a; .', true],
  [".import, {import: 1}, $include", false],
  ['"import \\"a\\""', false],
  ["# import nothing\n.", false],
  ["important", false],
])("whether %j loads a module: %p", (program, expected) => {
  expect(loadsModule(program)).toBe(expected);
});
