/**
 * Runs dgov on a real repository: click's source from PyPI, with its own test suite as the gate. Six scripted workers
 * make real changes; one says "done" over a broken suite and has to mend it, one reaches for files that are not its own.
 *
 * Needs git, python3 with venv and pip, and PyPI. Usage: bun scripts/try-real.ts [--keep] [--bin dist/dgov]
 */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";

const PACKAGE = "click==8.1.8";
const PYTEST = "pytest==8.3.4"; // the suite of this release turns the warnings of pytest 9 into errors

const { values } = parseArgs({
  options: { keep: { type: "boolean", default: false }, bin: { type: "string", default: "dist/dgov" } },
});
async function main(): Promise<void> {
  const python = join(folder, "venv/bin/python");
  sh(folder, "python3", "-m", "venv", "venv");
  sh(folder, python, "-m", "pip", "install", "--quiet", PYTEST);
  sh(folder, python, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:", PACKAGE);
  sh(folder, "tar", "xzf", `${PACKAGE.replace("==", "-")}.tar.gz`);
  const root = join(folder, PACKAGE.replace("==", "-"));
  await layOut(root, python);
  const git = (...args: string[]) =>
    sh(root, "git", "-c", "user.name=Try", "-c", "user.email=try@example.org", ...args);
  git("init", "-q", "-b", "main");
  git("add", "-A", "-f");
  git("commit", "-q", "-m", `${PACKAGE} as published`);

  const bin = resolve(values.bin);
  const dgov = existsSync(bin)
    ? [bin]
    : [
        process.execPath,
        "--config=/dev/null",
        "--no-env-file",
        resolve(import.meta.dir, "../packages/cli/src/main.ts"),
      ];
  const start_ms = performance.now();
  const ran = Bun.spawnSync([...dgov, "run", ".dgov/plans/real"], { cwd: root, stdout: "inherit", stderr: "inherit" });
  console.log(`dgov run: exit ${ran.exitCode} after ${((performance.now() - start_ms) / 1000).toFixed(1)} s`);
  console.log(git("log", "--oneline", "--stat", "main~6..main"));
  const landed = git("log", "--format=%(trailers:key=Dgov-Task,valueonly,separator=%x20)", "main")
    .split("\n")
    .filter(Boolean);
  const suite = Bun.spawnSync([python, "-m", "pytest", "-q", "tests"], {
    cwd: root,
    env: { ...process.env, PYTHONPATH: "src" },
  });
  console.log(suite.stdout.toString().trim().split("\n").slice(-2).join("\n"));
  const wrong = [
    ran.exitCode === 0 ? null : `dgov run ended with ${ran.exitCode}`,
    landed.length === Object.keys(TASKS).length ? null : `${landed.length} tasks landed: ${landed.join(", ")}`,
    suite.exitCode === 0 ? null : "the suite fails on what landed",
    git("status", "--porcelain") === "" ? null : "the checkout is not clean",
    git("diff", "--name-only", "main~6", "main", "--", "tests/test_basic.py") === ""
      ? null
      : "an unclaimed test was changed",
  ].filter((one) => one !== null);
  if (wrong.length > 0) throw new Error(`Not as it should be: ${wrong.join("; ")}`);
  console.log("All six tasks landed, judged by click's own tests.");
}

type Call = { tool: string; args: Record<string, unknown> };
type Task = { toml: string; attempts: Call[][] };

/** The tasks, each with what its worker does in each attempt. `done` is added at the end of each. */
const TASKS: Readonly<Record<string, Task>> = {
  posixify: {
    toml: `summary = "Let _posixify treat underscores as blanks"
files.edit = ["src/click/utils.py::_posixify"]
files.create = ["tests/test_posixify.py"]`,
    attempts: [
      [
        edit(
          "src/click/utils.py",
          'return "-".join(name.split()).lower()',
          'return "-".join(name.replace("_", " ").split()).lower()',
        ),
        write(
          "tests/test_posixify.py",
          'from click.utils import _posixify\n\n\ndef test_blanks_and_underscores_become_dashes():\n    assert _posixify("My Great_App") == "my-great-app"\n',
        ),
        { tool: "run_tests", args: { file: "tests/test_posixify.py" } },
      ],
    ],
  },
  make_str: {
    toml: `summary = "Let make_str take a bytearray"
files.edit = ["src/click/utils.py::make_str"]
files.create = ["tests/test_make_str.py"]`,
    attempts: [
      [
        edit("src/click/utils.py", "if isinstance(value, bytes):", "if isinstance(value, (bytes, bytearray)):"),
        write(
          "tests/test_make_str.py",
          'from click.utils import make_str\n\n\ndef test_bytes_of_both_kinds():\n    assert make_str(bytearray(b"x")) == make_str(b"x") == "x"\n',
        ),
      ],
    ],
  },
  split_opt: {
    toml: `summary = "Say what split_opt answers for an empty option"
files.edit = ["src/click/parser.py::split_opt"]
files.create = ["tests/test_split_opt.py"]`,
    attempts: [
      [
        // Looks harmless, and breaks every long option: the suite says so, whatever the worker says.
        edit(
          "src/click/parser.py",
          "if opt[1:2] == first:\n        return opt[:2], opt[2:]",
          "if opt[1:2] != first:\n        return opt[:2], opt[2:]",
        ),
        write(
          "tests/test_split_opt.py",
          'from click.parser import split_opt\n\n\ndef test_empty():\n    assert split_opt("") == ("", "")\n',
        ),
      ],
      [
        edit(
          "src/click/parser.py",
          "if opt[1:2] != first:\n        return opt[:2], opt[2:]",
          "if opt[1:2] == first:\n        return opt[:2], opt[2:]",
        ),
        edit(
          "src/click/parser.py",
          "    first = opt[:1]\n    if first.isalnum():",
          "    first = opt[:1]\n    if not opt or first.isalnum():",
        ),
        { tool: "run_tests", args: { file: "tests/test_split_opt.py" } },
      ],
    ],
  },
  join_options: {
    toml: `summary = "Name each option once in join_options"
files.edit = ["src/click/formatting.py"]
files.create = ["tests/test_join_options.py"]
depends_on = ["split_opt"]`,
    attempts: [
      [
        edit(
          "src/click/formatting.py",
          "    for opt in options:\n        prefix",
          "    for opt in dict.fromkeys(options):\n        prefix",
        ),
        write(
          "tests/test_join_options.py",
          'from click.formatting import join_options\n\n\ndef test_each_option_once():\n    assert join_options(["--all", "-a", "-a"]) == ("-a, --all", False)\n',
        ),
      ],
    ],
  },
  measure: {
    toml: `summary = "Measure an empty table"
files.create = ["tests/test_measure_table.py"]
files.read = ["src/click/formatting.py"]
depends_on = ["join_options"]`,
    attempts: [
      [
        edit("tests/test_basic.py", "import", "# quietly\nimport"),
        { tool: "run_bash", args: { cmd: "rm tests/test_basic.py; echo 'x = 1' > src/click/extra.py" } },
        write(
          "tests/test_measure_table.py",
          'from click.formatting import measure_table\n\n\ndef test_widest_of_each_column():\n    assert measure_table([("a", "bb"), ("ccc", "d")]) == (3, 2)\n    assert measure_table([]) == ()\n',
        ),
      ],
    ],
  },
  changes: {
    toml: `summary = "Write the change notes"
files.edit = ["CHANGES.rst"]
depends_on = ["posixify", "make_str", "join_options", "measure"]`,
    attempts: [
      [
        edit(
          "CHANGES.rst",
          "Version 8.1.8\n-------------\n",
          "Unreleased\n----------\n\n-   ``make_str`` takes a ``bytearray``; options are named once in the help.\n\n\nVersion 8.1.8\n-------------\n",
        ),
      ],
    ],
  },
};

async function layOut(root: string, python: string): Promise<void> {
  const test = `PYTHONPATH=src ${python} -m pytest -q -x {test_dir}`;
  await Bun.write(
    join(root, ".dgov/project.toml"),
    `[project]\nlanguage = "python"\nsrc_dir = "src/"\ntest_dir = "tests/"\ntest_cmd = ${JSON.stringify(test)}\nlint_cmd = ""\nlint_fix_cmd = ""\nformat_cmd = ""\nformat_check_cmd = ""\nprovider = "scripted"\n`,
  );
  await Bun.write(join(root, ".dgov/.gitignore"), "state.db*\nout/\nruntime/\nplans/*/_compiled.toml\n");
  await Bun.write(join(root, ".gitignore"), "__pycache__/\n*.egg-info/\n");
  await Bun.write(
    join(root, ".dgov/plans/real/_root.toml"),
    '[plan]\nname = "real"\nsummary = "Six changes to click"\nsections = ["tasks"]\n',
  );
  const tasks = Object.entries(TASKS).map(
    ([slug, { toml }]) =>
      `[tasks.${slug}]\n${toml}\ntest_cmd = ${JSON.stringify(test.replace("{test_dir}", "tests"))}\nprompt = """\nOrient: read the files you may edit.\n\nEdit: make the change the summary names.\n\nVerify: run the tests.\n"""\n`,
  );
  await Bun.write(join(root, ".dgov/plans/real/tasks/main.toml"), tasks.join("\n"));
  const done = { calls: [{ tool: "done", args: { summary: "Done, and all tests pass" } }] };
  const script = Object.entries(TASKS).map(([slug, { attempts }]) => [
    `tasks/main.${slug}`,
    { attempts: attempts.map((calls) => ({ turns: [{ calls }, done] })) },
  ]);
  await Bun.write(
    join(root, ".dgov/plans/real/script.json"),
    JSON.stringify({ version: 1, tasks: Object.fromEntries(script) }, null, 2),
  );
}

function edit(path: string, old_text: string, new_text: string): Call {
  return { tool: "edit_file", args: { path, old_text, new_text } };
}

function write(path: string, content: string): Call {
  return { tool: "write_file", args: { path, content } };
}

function sh(cwd: string, ...argv: string[]): string {
  const { exitCode, stdout, stderr } = Bun.spawnSync(argv, { cwd });
  if (exitCode !== 0) throw new Error(`${argv.join(" ")} failed: ${stderr.toString()}`);
  return stdout.toString();
}

const folder = mkdtempSync(join(tmpdir(), "dgov-real-"));
try {
  await main();
} finally {
  if (values.keep) console.log(`Kept: ${folder}`);
  else rmSync(folder, { recursive: true, force: true });
}
