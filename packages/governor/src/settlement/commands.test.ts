import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { commandGates } from "./commands.ts";
import { type Asked, type Files, judgedBy, openCandidates } from "./testing/candidate.ts";
import { projectWith, unitWith } from "./testing/parts.ts";
import { testCommands } from "./tests.ts";

setDefaultTimeout(60_000); // many processes each, and the machine may be busy

const { lay: candidateOf, ask, clear } = openCandidates();
afterEach(clear);

test("a project without commands needs no checkout", () => {
  expect(commandGates(projectWith("/", { commands: { setup: "make" } }), unitWith({}))).toEqual([]);
  expect(commandGates(projectWith("/", {}), unitWith({}, "true"))).toHaveLength(1);
});

test.each<[string, Asked, string[]]>([
  [
    "GT-01 only text changed: the task's own test runs",
    { work: { "a.txt": "x" }, test_cmd: "false" },
    ["tests reject test_failure"],
  ],
  [
    "GT-08 a command without a placeholder runs as it is",
    { work: { "a.txt": "x" }, commands: { test: "test -f a.txt" } },
    ["tests pass"],
  ],
  [
    "no source changed: nothing to lint",
    { work: { "a.txt": "x" }, commands: { lint: "false {file}", format_check: "false {file}" } },
    ["lint pass", "format pass"],
  ],
  [
    "a lint failure stops what comes after",
    { work: { "a.py": "x" }, commands: { lint: "false {file}", test: "false" } },
    ["lint reject lint_failure"],
  ],
  [
    "a name with spaces, quotes and a dash is one word",
    { work: { "-it's a.py": "x" }, commands: { lint: "test -f {file}" } },
    ["lint pass"],
  ],
  [
    "a deleted source is not linted",
    { base: { "a.py": "x" }, work: { "a.py": null, "b.py": "y" }, commands: { lint: "cat {file}" } },
    ["lint pass"],
  ],
  [
    "a link is not linted",
    { work: { "a.py": { link: "/etc/passwd" } }, commands: { lint: "false {file}" } },
    ["lint pass"],
  ],
  [
    "a setup that fails",
    { work: { "a.py": "x" }, commands: { setup: "exit 3", lint: "true {file}" } },
    ["setup reject setup_failed"],
  ],
  [
    "a tool that is not there",
    { work: { "a.py": "x" }, commands: { lint: "no-such-linter {file}" } },
    ["lint broken tool_missing"],
  ],
  ["a tool that may not be run", { work: { "a.py": "x" }, commands: { lint: "./a.py" } }, ["lint broken tool_missing"]],
  [
    "a gate that hangs",
    { work: { "a.py": "x" }, commands: { lint: "sleep 60 & sleep 60" }, settlement_ms: 300 },
    ["lint broken gate_timeout"],
  ],
  ["a gate that is killed", { work: { "a.py": "x" }, commands: { lint: "kill -9 $$" } }, ["lint broken gate_signal"]],
  [
    "a gate whose program is killed by a signal",
    { work: { "a.py": "x" }, commands: { lint: "sh -c 'kill -SEGV $$'; exit $?" } },
    ["lint broken gate_signal"],
  ],
  [
    "a module that is not there, as the default commands start them",
    { work: { "a.py": "x" }, commands: { lint: "python3 -m no_such_linter check {file}" } },
    ["lint broken tool_missing"],
  ],
  [
    "a test that misses a module of the project",
    {
      work: { "a.py": "x" },
      commands: { test: "echo \"ModuleNotFoundError: No module named 'a'\"; false python -m a" },
    },
    ["tests reject test_failure"],
  ],
  [
    "npx that finds no such program",
    {
      work: { "a.py": "x" },
      commands: { lint: "npx() { echo npm error could not determine; return 1; }; npx eslint" },
    },
    ["lint broken tool_missing"],
  ],
  [
    "a program that npx runs and that fails",
    { work: { "a.py": "x" }, commands: { lint: "npx() { echo npm error; echo bad; return 1; }; npx eslint" } },
    ["lint reject lint_failure"],
  ],
  [
    "a hook that is content, on every changed path",
    { work: { "a.txt": "x", "b c.txt": "y" }, hooks: ["test -f a.txt", "cat {files}"] },
    ["hooks pass"],
  ],
  [
    "RV-29 a hook that refuses, and none after it runs",
    { work: { "a.txt": "secret" }, hooks: ["! grep -q secret {file}", "exit 99"] },
    ["hooks reject hook_fail"],
  ],
  ["a hook that is not there", { work: { "a.txt": "x" }, hooks: ["no-such-hook"] }, ["hooks broken tool_missing"]],
  [
    "hooks come before the tests",
    { work: { "a.txt": "x" }, hooks: ["false"], test_cmd: "false" },
    ["hooks reject hook_fail"],
  ],
  [
    "status 5 is no failure for pytest alone, where the head has no test either",
    { work: { "a.py": "x" }, commands: { test: "sh -c 'exit 5' pytest" } },
    ["tests pass tests_not_run"],
  ],
  ["and for nobody else", { work: { "a.py": "x" }, commands: { test: "exit 5" } }, ["tests reject test_failure"]],
  [
    "GT-09 the task's command, then the project's",
    {
      work: { "tests/test_a.py": "" },
      test_cmd: "echo task >> {test_dir}",
      commands: { test: "grep -q task {test_dir}" },
    },
    ["tests pass"],
  ],
])("%s", async (_, asked, expected) => {
  expect(await ask(asked)).toEqual(expected);
});

test.each<[string, Files, string[]]>([
  ["GT-10 a file that was badly formatted before", { "old.py": " x\ny\n" }, ["format pass"]],
  ["a file that was well formatted before", { "good.py": " x\n" }, ["format reject format_failure"]],
  ["a new file", { "n.py": " x\n" }, ["format reject format_failure"]],
  ["an old one and a new one", { "old.py": " y\n", "n.py": " x\n" }, ["format reject format_failure@n.py"]],
  ["an old one that is well formatted now", { "old.py": "x\n" }, ["format pass"]],
])("format: %s", async (_, work, expected) => {
  const base = { "old.py": " x\n", "good.py": "x\n" };
  expect(await ask({ base, work, commands: { format_check: '! grep -q "^ " {file}' } })).toEqual(expected);
});

test("the whole output is kept in a file, the ends in the verdict", async () => {
  const candidate = await candidateOf({ work: { "a.py": "x" }, commands: { test: "seq 1 20000; false" } });
  const told = await judgedBy(candidate);
  const { output, exit, command } = told[0]!;
  expect([exit, command]).toEqual([1, "seq 1 20000; false"]);
  expect(output?.head.startsWith("1\n2\n")).toBe(true);
  expect(output?.tail.endsWith("19999\n20000\n")).toBe(true);
  expect(output?.omitted_bytes).toBeGreaterThan(0);
  expect(readFileSync(join(candidate.out, output?.log ?? ""), "utf8").split("\n")).toHaveLength(20_001);
  expect(existsSync(join(candidate.out, `${output?.log}.part`))).toBe(false);
});

const TREE: Files = {
  "src/pkg/__init__.py": "",
  "src/pkg/module.py": "a = 1\n",
  "src/pkg/user.py": "from .module import a\n",
  "tests/test_import.py": "import pkg.module\n",
  "tests/sub/test_from.py": "from pkg.module import a\n",
  "tests/test_member.py": "from pkg import module\n",
  "tests/test_through.py": "from pkg.user import a\n",
  "tests/test_prefix.py": "from pkg.module_extra import q\n",
  "tests/test_other.py": "import json\n",
  "tests/conftest.py": "",
};
const DIRECT = "tests/sub/test_from.py tests/test_import.py tests/test_member.py tests/test_through.py";
test.each<[string, Files, string[]]>([
  [
    "a changed module: whoever imports it, also through one other",
    { "src/pkg/module.py": "a = 2\n" },
    [`run ${DIRECT}`],
  ],
  ["a changed test: itself", { "tests/test_other.py": "import os\n" }, ["run tests/test_other.py"]],
  ["GT-07 a deleted test: nothing", { "tests/test_other.py": null }, []],
  [
    "a deleted test beside a changed one",
    { "tests/test_other.py": null, "tests/test_import.py": "1\n" },
    ["run tests/test_import.py"],
  ],
  ["a shared part of the tests: all", { "tests/conftest.py": "x = 1\n" }, ["run tests"]],
  ["nothing but words for people", { "docs/a.md": "x" }, []],
  ["what nobody knows who reads it: all", { "src/pkg/rates.json": "[]" }, ["run tests"]],
])("tests for %s", async (_, work, expected) => {
  const asked = await testCommands(await candidateOf({ base: TREE, work, commands: { test: "run {test_dir}" } }));
  expect(asked.map(({ command }) => command)).toEqual(expected);
});

test("tests of TypeScript modules, by relative imports", async () => {
  const base = {
    "src/a.ts": "export const a = 1;\n",
    "src/b.ts": 'import { a } from "./a.ts";\n',
    "tests/a.test.ts": 'import { a } from "../src/a";\n',
    "tests/b.test.ts": 'import "../src/b.js";\n',
    "tests/c.test.ts": 'import "../src/c";\n',
  };
  const candidate = await candidateOf({
    base,
    work: { "src/a.ts": "export const a = 2;\n" },
    commands: { test: "run {test_dir}" },
  });
  expect(await testCommands(candidate)).toMatchObject([{ command: "run tests/a.test.ts tests/b.test.ts" }]);
});
