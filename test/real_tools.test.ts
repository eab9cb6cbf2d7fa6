import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Event } from "../packages/kernel/src/index.ts";
import { dgov, eventsOf, type Place, readIn } from "./repo.ts";
import { type Call, done, edit, layTasks, write } from "./scripted.ts";

setDefaultTimeout(60_000); // many processes each, and the machine may be busy

const open: Place[] = [];
afterEach(() => {
  for (const place of open.splice(0)) place.stop();
});

/** Whether a Python project's own tools are here; CI installs them. Without them their cases are skipped, by name. */
const hasPython = ["ruff --version", "python3 -m pytest --version"].every(
  (command) => Bun.spawnSync(["sh", "-c", command], { stderr: "ignore" }).exitCode === 0,
);
const python = test.skipIf(!hasPython);

const RUFF = {
  language: "python",
  lint_cmd: "ruff check {file}",
  lint_fix_cmd: "ruff check --fix --unsafe-fixes {file}",
  format_cmd: "ruff format {file}",
  format_check_cmd: "ruff format --check {file}",
};
const PYTEST = { test_cmd: "python3 -m pytest {test_dir} -q --tb=short" };

type Laid = { files?: Record<string, string>; project?: Record<string, string>; claims?: string; more?: string };

/** Runs a plan of one task, whose worker makes these calls, one list an attempt. */
function play(attempts: readonly (readonly Call[])[], { files = {}, project = {}, claims = CLAIMS, more }: Laid) {
  const place = layTasks({ a: { claims, attempts } }, { files, project });
  open.push(place);
  if (more !== undefined) appendProject(place, more);
  const ran = dgov(place, "run", ".dgov/plans/p");
  return { place, ran, story: eventsOf(place).flatMap(tell) };
}
const CLAIMS = 'files.edit = ["src/"]';

function appendProject(place: Place, more: string): void {
  const path = join(place.root, ".dgov/project.toml");
  Bun.spawnSync(
    [
      "sh",
      "-c",
      `printf '%s\n' "$1" >> "$2" && git -c user.name=P -c user.email=p@x commit -qam more`,
      "sh",
      more,
      path,
    ],
    {
      cwd: place.root,
      env: place.env,
    },
  );
}

/** What the judges said, and how it ended. */
function tell(event: Event): string[] {
  switch (event.kind) {
    case "gate_judged":
      return [
        [event.gate, event.verdict, ...event.findings.map(({ code, path }) => (path ? `${code}@${path}` : code))].join(
          " ",
        ),
      ];
    case "attempt_failed":
      return [`failed ${event.cause}`];
    case "task_landed":
      return ["landed"];
    default:
      return [];
  }
}

python("a lint that no fixer mends is told, and mended at the second attempt", () => {
  const { story, place } = play(
    [
      [write("src/n.py", "def f():\n    return nowhere\n"), done],
      [edit("src/n.py", "nowhere", "1"), done],
    ],
    { project: RUFF },
  );
  expect(story).toEqual([
    "lint_fix pass",
    "format_fix pass",
    "claims pass",
    "lint reject lint_F821@src/n.py",
    "lint_fix pass",
    "format_fix pass",
    "claims pass",
    "lint pass",
    "format pass",
    "landed",
  ]);
  expect(readIn(place, "src/n.py")).toBe("def f():\n    return 1\n");
});

python("new files land formatted and without what is not used; in old ones only what the change brought", () => {
  const old = "import os\nimport sys\n\nx=1\ny = 2\nz=3\nprint(os.name)\n";
  const { story, place } = play(
    [
      [
        write("src/n.py", "import json\nn=[1,\n 2]\n"),
        edit("src/old.py", "y = 2", "y=22"),
        edit("src/old.py", "print(os.name)", "print(x)"),
        done,
      ],
    ],
    { project: RUFF, files: { "src/old.py": old } },
  );
  expect(story.slice(2)).toEqual(["claims pass", "lint pass", "format pass", "landed"]);
  expect(readIn(place, "src/n.py")).toBe("n = [1, 2]\n");
  // `import sys` had no use before: it stays. `import os` lost its use by the change: it goes.
  expect(readIn(place, "src/old.py")).toBe("import sys\n\nx=1\ny = 22\nz=3\nprint(x)\n");
});

python("what cannot be formatted in part is formatted whole, and lines keep their ends", () => {
  const body = "def f():\r\n  a=1\r\n\r\n  b=2\r\n  return a+b\r\n";
  const { story, place } = play([[edit("src/old.py", "a=1", "a=11"), done]], {
    project: RUFF,
    files: { "src/old.py": body },
  });
  expect(story.at(-1)).toBe("landed");
  expect(readIn(place, "src/old.py")).toBe("def f():\r\n    a = 11\r\n\r\n    b = 2\r\n    return a + b\r\n");
});

python("a format check alone refuses new files that are badly formatted, and lets old ones be", () => {
  const { story } = play(
    [
      [edit("src/old.py", "b=2", "b=3"), write("src/n.py", "n=1\n"), done],
      [edit("src/n.py", "n=1", "n = 1"), done],
    ],
    { project: { format_check_cmd: RUFF.format_check_cmd }, files: { "src/old.py": "a=1\nb=2\n" } },
  );
  expect(story).toEqual([
    "claims pass",
    "format reject format_failure@src/n.py",
    "claims pass",
    "format pass",
    "landed",
  ]);
});

const PACKAGE = {
  "src/pkg/__init__.py": "",
  "src/pkg/core.py": "def two():\n    return 2\n",
  "tests/conftest.py": "import sys\n\nsys.path.insert(0, 'src')\n",
  "tests/test_core.py": "from pkg.core import two\n\n\ndef test_two():\n    assert two() == 2\n",
  "tests/test_other.py": "def test_red():\n    assert False\n",
};

python("the tests that a change concerns are run, and no others", () => {
  const { story } = play(
    [
      [edit("src/pkg/core.py", "return 2", "return 3"), done],
      [
        edit("src/pkg/core.py", "return 3", "return 1 + 1"),
        { tool: "run_tests", args: { file: "tests/test_core.py" } },
        done,
      ],
    ],
    {
      project: PYTEST,
      files: PACKAGE,
      claims: 'files.edit = ["src/pkg/core.py"]\nfiles.read = ["tests/test_core.py"]',
    },
  );
  expect(story).toEqual(["claims pass", "tests reject test_failure", "claims pass", "tests pass", "landed"]);
});

python("the task's own command runs too, also when only text is changed", () => {
  const own = 'files.create = ["docs/a.md"]\ntest_cmd = "python3 -m pytest tests/test_core.py -q -k test_two"';
  const { story, ran } = play([[write("docs/a.md", "beta\n"), done]], {
    project: PYTEST,
    files: PACKAGE,
    claims: own,
  });
  expect({ story, said: ran.stderr }).toMatchObject({ story: ["claims pass", "tests pass", "landed"] });
});

python.each([
  ["fails", "other.py", "test_failure"],
  ["runs no test", "core.py -q -k no_such_test", "tests_not_run"],
])("the task's own command refuses where it %s", (_, command, code) => {
  const { story } = play([[write("docs/a.md", "beta\n"), done]], {
    project: PYTEST,
    files: PACKAGE,
    claims: `files.create = ["docs/a.md"]\ntest_cmd = "python3 -m pytest tests/test_${command}"`,
  });
  expect(story[1]).toBe(`tests reject ${code}`);
});

python("a crash of the test runner is broken, and is not the worker's to mend", () => {
  const { story, ran } = play([[write("tests/test_crash.py", "import os\n\n\ndef test():\n    os.abort()\n"), done]], {
    project: PYTEST,
    files: PACKAGE,
    claims: 'files.create = ["tests/test_crash.py"]',
  });
  expect(story).toEqual(["claims pass", "tests broken gate_signal"]);
  expect(ran.status).toBe(1);
});

const TSC = `'${process.execPath}' '${join(import.meta.dir, "../node_modules/typescript/bin/tsc")}' --noEmit -p .`;
const TYPED = {
  "tsconfig.json": '{ "compilerOptions": { "strict": true, "types": [] }, "include": ["src"] }\n',
  "src/old.ts": 'export const old: number = "not one";\nexport const name = "n";\n',
};
test.each<[string, string, string[]]>([
  ["an old error that has moved", '// a line more\nexport const old: number = "not one";', ["types pass", "landed"]],
  [
    "a second error",
    'export const old: number = "not one";\nexport const more: number = "two";',
    ["types reject type_TS2322@src/old.ts"],
  ],
])("types are compared with the head: %s", (_, text, expected) => {
  const { story } = play([[edit("src/old.ts", 'export const old: number = "not one";', text), done]], {
    project: { language: "typescript", type_check_cmd: TSC },
    files: TYPED,
    more: 'setup_cmd = "touch prepared.log"\n[limits]\nsettlement_retries = 0',
  });
  expect(story).toEqual(["claims pass", "setup pass", ...expected]);
});

const change = [edit("src/a.txt", "alpha", "beta"), done];
const ignored = { ".gitignore": "*.log\n" };

test("a setup makes what the worker and the gates need, and its traces are not the worker's", () => {
  const { story } = play([[{ tool: "run_bash", args: { cmd: "cat ready.log" } }, ...change]], {
    project: { setup_cmd: "echo ready > ready.log", test_cmd: "grep -q ready ready.log" },
    files: ignored,
  });
  expect(story).toEqual(["claims pass", "setup pass", "tests pass", "landed"]);
});

test.each<[string, string]>([
  ["fails", "echo no network; exit 3"],
  ["hangs", "sleep 978"],
  ["kills what serves it", "kill -9 $PPID; sleep 978"],
])("a setup that %s ends the task before a worker is asked", (_, setup_cmd) => {
  const { story, ran, place } = play([change], { project: { setup_cmd }, more: "bootstrap_timeout = 1" });
  expect({ story, status: ran.status, said: ran.stderr }).toMatchObject({ story: ["failed setup"], status: 1 });
  expect(eventsOf(place).some(({ kind }) => kind === "call_reserved")).toBe(false);
});

test("of a long setup that fails both ends are told", () => {
  const { ran } = play([change], { project: { setup_cmd: "echo the cause; seq 2000; echo the end; exit 3" } });
  expect(ran.stdout + ran.stderr).toMatch(/exit status 3\): the cause.* … .*the end/);
});

test("a gate that writes 100 MB is broken, and what is kept of it is limited", () => {
  const { story, place } = play([change], { project: { lint_cmd: "head -c 100000000 /dev/zero | tr '\\\\0' x" } });
  expect(story).toEqual(["claims pass", "lint broken gate_output"]);
  const judged = eventsOf(place).find((event) => event.kind === "gate_judged" && event.gate === "lint");
  if (judged?.kind !== "gate_judged" || !judged.output?.log) throw new Error("No log is kept");
  expect(judged.output.head.length + judged.output.tail.length).toBeLessThan(20_000);
  const [run] = [...new Bun.Glob("*/*/*/lint.log").scanSync({ cwd: join(place.root, ".dgov/out") })];
  expect(statSync(join(place.root, ".dgov/out", run ?? "")).size).toBeLessThanOrEqual(64 * 1024 * 1024 + 65_536);
});

test.each<[string, string, string]>([
  ["that is not there", "no-such-linter {file}", "tool_missing"],
  ["whose module is not there", "python3 -m no_such_linter check {file}", "tool_missing"],
  ["that is killed", "kill -9 $$", "gate_signal"],
  ["whose child is killed", "sh -c 'kill -9 $$'; exit $?", "gate_signal"],
  ["that ends what serves it", "kill -9 $PPID", "gate_broken"],
])("a gate %s is broken, and nothing is tried again", (_, lint_cmd, code) => {
  const { story, ran } = play([change], { project: { lint_cmd } });
  expect(story).toEqual(["claims pass", `lint broken ${code}`]);
  expect(ran.status).toBe(1);
});

test("a gate that reads outside fails with the words that open it; what its command names is read", () => {
  const files = { "check.sh": "cat /srv/dgov-none/table.txt && echo fine\n", "src/a.txt": "alpha\n" };
  const { story } = play([change], { project: { lint_cmd: "sh check.sh" }, files, more: ONCE });
  expect(story.find((line) => line.startsWith("lint"))).toContain("read_refused");
  const outside = mkdtempSync(join(tmpdir(), "dgov-outside-"));
  writeFileSync(join(outside, "tool.sh"), "cat $(dirname $0)/words.txt; exit 0\n");
  const { story: named } = play([change], { project: { lint_cmd: `sh '${outside}/tool.sh'` }, more: ONCE });
  expect(named).toEqual(["claims pass", "lint pass", "landed"]);
  rmSync(outside, { recursive: true });
});
const ONCE = "[limits]\nsettlement_retries = 0";
