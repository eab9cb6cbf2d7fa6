import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Content, type Repository, repository } from "../git/testing/repository.ts";
import { diffTrees } from "../git/tree_changes.ts";
import type { Project } from "../project.ts";
import type { IntegratedCandidate } from "./candidate.ts";
import { commandGates } from "./commands.ts";
import { settle, type Verdict } from "./gate.ts";
import { openShell } from "./testing/isolation.ts";
import { projectWith, task, unitWith } from "./testing/parts.ts";
import { testCommands } from "./tests.ts";

setDefaultTimeout(60_000); // many processes each, and the machine may be busy

const made: Repository[] = [];
afterEach(() => {
  for (const one of made.splice(0)) one.remove();
});

type Files = Record<string, Content | null>;
type Asked = {
  base?: Files;
  work: Files;
  commands?: Partial<Project["commands"]>;
  test_cmd?: string;
  settlement_ms?: number;
  hooks?: string[];
};

/** A head, the work on top of it checked out, and the project's commands. */
async function candidateOf({ base = {}, work, commands = {}, test_cmd, settlement_ms, hooks = [] }: Asked) {
  const repo = await repository({ "README.md": "x\n", ...base });
  made.push(repo);
  const head = await repo.user("rev-parse", "HEAD");
  const before = join(repo.folder, "before");
  const tmp = join(repo.folder, "tmp");
  mkdirSync(tmp);
  await repo.user("worktree", "add", "-q", "--detach", before, head);
  const tree = await repo.commit(work);
  const rules = { review_hooks: hooks };
  const parts = settlement_ms === undefined ? { commands, rules } : { commands, rules, settlement_ms };
  const project = projectWith(repo.root, parts);
  const candidate: IntegratedCandidate = {
    git: repo.git,
    project,
    unit: unitWith({}, test_cmd ?? null),
    task,
    attempt: 1,
    head,
    tree,
    changes: await diffTrees(repo.git, head, tree),
    root: repo.root,
    isolation: openShell(repo.root, tmp),
    setupIsolation: async () => openShell(repo.root, tmp),
    baseline: async () => ({ root: before, isolation: openShell(before, tmp) }),
    out: join(repo.folder, "out"),
  };
  return candidate;
}

/** @returns each gate with its verdict, and the codes and paths of the findings */
async function verdicts(candidate: IntegratedCandidate): Promise<string[]> {
  const told: Verdict[] = [];
  const gates = commandGates(candidate.project, candidate.unit);
  await settle(gates, candidate, { now_ms: () => 0, level: () => null, record: (verdict) => told.push(verdict) });
  return told.map(({ gate, verdict, findings }) =>
    [gate, verdict, ...findings.map(({ code, path }) => (path ? `${code}@${path}` : code))].join(" "),
  );
}
const ask = async (asked: Asked) => verdicts(await candidateOf(asked));

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
    "status 5 is a pass for pytest alone",
    { work: { "a.py": "x" }, commands: { test: "sh -c 'exit 5' pytest" } },
    ["tests pass"],
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

/** A linter as ruff: each line with an x is a fault. */
const RUFF = {
  run: `#!/bin/sh
json=; bad=; for a in "$@"; do case "$a" in check) ;; --output-format=json) json=1 ;; *) files="$files $a" ;; esac; done
for f in $files; do
  n=0; while read -r line; do n=$((n+1)); case "$line" in *x*) bad=1
    [ -n "$json" ] && out="$out\${out:+,}{\\"code\\":\\"X1\\",\\"message\\":\\"an x\\",\\"filename\\":\\"$PWD/$f\\",\\"location\\":{\\"row\\":$n,\\"column\\":1}}" ;; esac; done < $f
done
[ -n "$json" ] && echo "[$out]"; [ -z "$bad" ]
`,
};
const ruff = { lint: "./ruff check {file}" };

test.each<[string, Files, string[]]>([
  ["an old fault in an edited file", { "a.py": "x\nok\nnew\n" }, ["lint pass"]],
  ["a new fault in an edited file", { "a.py": "x\nok\nx too\n" }, ["lint reject lint_X1@a.py"]],
  ["a fault in a new file", { "n.py": "x\n" }, ["lint reject lint_X1@n.py"]],
])("lint by lines: %s", async (_, work, expected) => {
  expect(await ask({ base: { "a.py": "x\nok\n", ruff: RUFF }, work, commands: ruff })).toEqual(expected);
});

/** As ruff of an import without use: it stands where the import does, and not where the use went. */
const UNUSED = {
  run: `#!/bin/sh
bad=; for a in "$@"; do case "$a" in *.py) grep -q use "$a" || { bad=1; f=$a; } ;; *json) json=1 ;; esac; done
[ -n "$json" ] && echo "[{\\"code\\":\\"F401\\",\\"message\\":\\"no use\\",\\"filename\\":\\"$f\\",\\"location\\":{\\"row\\":1,\\"column\\":1}}]"
[ -z "$bad" ]
`,
};
test.each<[string, string, string, string[]]>([
  ["is new", "import\nuse\n", "import\n", ["lint reject lint_F401@a.py"]],
  ["is old", "import\nold\n", "import\nnew\n", ["lint pass"]],
])("a fault on a line that the change left alone, which %s", async (_, before, now, expected) => {
  expect(await ask({ base: { "a.py": before, ruff: UNUSED }, work: { "a.py": now }, commands: ruff })).toEqual(
    expected,
  );
});

test.each<[string, Files, string[]]>([
  ["an old fault in an edited file", { "a.py": "x\nnew\n" }, ["lint pass"]],
  ["an old fault that moved", { "a.py": "new\nx\n" }, ["lint pass"]],
  ["the same fault once more", { "a.py": "x\nx\n" }, ["lint reject lint_error@a.py"]],
  ["a fault in a new file", { "n.py": "x\n" }, ["lint reject lint_error@n.py"]],
])("a linter without a report is compared by what it says: %s", async (_, work, expected) => {
  const lint = 'grep -nH x {file} | sed "s/$/ is bad/"; ! grep -q x {file}';
  expect(await ask({ base: { "a.py": "x\nok\n" }, work, commands: { lint } })).toEqual(expected);
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

const MANY = Array.from({ length: 2000 }, (_, at) => `src/f${at}.py:1:1: error: old ${at}`).join("\n");
test.each<[string, string, string, string[]]>([
  ["both the same", "a.py:1: error: Bad [x]", "a.py:1: error: Bad [x]", ["types pass"]],
  ["GT-16 the line moved", "a.py:1: error: Bad [x]", "a.py:7: error: Bad [x]", ["types pass"]],
  [
    "GT-17 two mended, two new",
    "a.py:1: error: A\na.py:2: error: B",
    "b.py:1: error: A\nb.py:2: error: B",
    ["types reject type_error@b.py type_error@b.py"],
  ],
  [
    "GT-18 the same once more",
    "a.py:1: error: Bad [x]",
    "a.py:1: error: Bad [x]\na.py:2: error: Bad [x]",
    ["types reject type_error@a.py"],
  ],
  ["GT-19 tsc", "ok", "src/a.ts(3,5): error TS2322: No", ["types reject type_error@src/a.ts"]],
  [
    "pyright",
    "  /r/a.py:1:2 - error: Old (x)",
    "  /r/a.py:9:2 - error: Old (x)\n  /r/a.py:3:2 - error: New (y)",
    ["types reject type_error@/r/a.py"],
  ],
  [
    "ty",
    "error[a]: Old\n  --> a.py:1:1",
    "error[a]: Old\n  --> a.py:4:1\nerror[b]: New\n  --> a.py:2:1",
    ["types reject type_error@a.py"],
  ],
  ["a crash before and after", "Segmentation fault", "Segmentation fault", ["types broken gate_broken"]],
  ["lines nobody can place", "odd words", "odd words\nmore odd words", ["types reject type_failure"]],
  [
    "an error without a place among placed ones",
    "a.py:1: error: Old",
    "a.py:1: error: Old\nerror TS18003: No inputs",
    ["types reject type_failure"],
  ],
  ["no words at all", "ok", "", ["types reject type_failure"]],
  ["words as before, and another end", "a.py:1: Old", "a.py:1: Old\ncrashed", ["types reject type_failure"]],
  [
    "a new one among thousands",
    MANY,
    MANY.replace("old 1000\n", "old 1000\nnew.py:1:1: error: new\n"),
    ["types reject type_error@new.py"],
  ],
])("types against the head: %s", async (_, before, now, expected) => {
  const type_check = "cat said; grep -q '^ok$' said && exit 0; grep -q crashed said && exit 2; exit 1";
  expect(
    await ask({ base: { said: `${before}\n` }, work: { said: `${now}\n`, "a.py": "1" }, commands: { type_check } }),
  ).toEqual(expected);
});

test("a type check that broke before and has no answer is broken, not a pass", async () => {
  const type_check = "echo a.py:1: bad; test -f new && exit 1; exit 127";
  const found = await ask({ work: { new: "x", "a.py": "1" }, commands: { type_check } });
  expect(found).toEqual(["types broken gate_broken"]);
});

test("the whole output is kept in a file, the ends in the verdict", async () => {
  const candidate = await candidateOf({ work: { "a.py": "x" }, commands: { test: "seq 1 20000; false" } });
  const told: Verdict[] = [];
  const gates = commandGates(candidate.project, candidate.unit);
  await settle(gates, candidate, { now_ms: () => 0, level: () => null, record: (verdict) => told.push(verdict) });
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
  ["no source", { "a.txt": "x" }, []],
])("tests for %s", async (_, work, expected) => {
  expect(testCommands(await candidateOf({ base: TREE, work, commands: { test: "run {test_dir}" } }))).toEqual(expected);
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
  expect(testCommands(candidate)).toEqual(["run tests/a.test.ts tests/b.test.ts"]);
});
