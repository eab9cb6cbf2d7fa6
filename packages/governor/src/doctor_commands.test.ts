import { afterEach, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { commandChecks } from "./doctor_commands.ts";

const open: string[] = [];
afterEach(() => {
  for (const folder of open.splice(0)) rmSync(folder, { recursive: true, force: true });
});

const of = (toml: string | null) => allOf(toml, [])[0];

function allOf(toml: string | null, files: readonly string[]) {
  const root = mkdtempSync(join(tmpdir(), "dgov-test-"));
  open.push(root);
  mkdirSync(join(root, ".dgov"));
  writeFileSync(join(root, "there.sh"), "");
  if (toml !== null) writeFileSync(join(root, ".dgov/project.toml"), `[project]\n${toml}`);
  for (const file of files) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), "");
  }
  return commandChecks(root, { cwd: root, env: { PATH: "/usr/bin:/bin" }, self: [], now_ms: () => 0 });
}

const REST = 'test_cmd = ""\nformat_cmd = ""\nformat_check_cmd = ""\n';
const LINT = 'lint_cmd = "no-such-linter {file}"\nlint_fix_cmd = "no-such-linter --fix"\n';
const WORDS = '"no-such-linter" (lint_cmd, lint_fix_cmd)';
const lint = (command: string) => `${REST}lint_fix_cmd = ""\nlint_cmd = '${command}'\n`;

test("doctor says which programs of the project's commands are not here, before a run has been paid for", () => {
  const told = of(REST + LINT);
  expect(told).toMatchObject({
    state: "fault",
    code: "program_missing",
    cure: expect.stringContaining("project.toml"),
  });
  expect(told?.detail).toEndWith(`: ${WORDS}`);
  expect(of(`${REST}${LINT}setup_cmd = "sh setup.sh"\n`)).toMatchObject({
    state: "note",
    detail: `not here unless setup_cmd brings it: ${WORDS}`,
  });
  expect(of(`${REST}${LINT}setup_cmd = "no-such-installer"\n`)).toMatchObject({ state: "fault" });
});

test.each<[command: string, state: string | undefined]>([
  ["sh lint.sh {file}", "ok"],
  ["LANG=C MODE=a/b sh lint.sh", "ok"],
  ["LANG=C no-such-linter", "fault"],
  ["./there.sh", "ok"],
  ["./not-there.sh", "fault"],
  ["tools/lint", "fault"],
  ["cd src && no-such-linter", "ok"],
  ['test -z "$(no-such-linter)"', "ok"],
  ["$LINTER", "ok"],
  ["(no-such-linter)", "ok"],
  ["/no/such/linter", "ok"],
])("doctor looks for the program of %p", (command, state) => {
  expect(of(lint(command))?.state as string | undefined).toBe(state);
});

test("doctor does not look for what nobody has written, nor in a configuration that cannot be read", () => {
  expect(of(null)).toMatchObject({ state: "ok" });
  expect(of("langauge = 1\n")).toBeUndefined();
});

test("doctor says that no test is run, where the folder of the tests is not there and tests are elsewhere", () => {
  const said = (toml: string, ...files: string[]) => {
    const all = allOf(`${toml}lint_cmd = ""\nlint_fix_cmd = ""\nformat_cmd = ""\nformat_check_cmd = ""\n`, files);
    return all.filter(({ name }) => name === "tests").map(({ state, detail }) => [state, detail]);
  };
  const placed = 'test_cmd = "true {test_dir}"\n';
  expect(said(placed, "api/tests/test_a.py")).toEqual([
    ["note", expect.stringContaining(`"api/tests/test_a.py" is elsewhere`)],
  ]);
  expect(said(placed, "api/tests/test_a.py", "tests/test_b.py")).toEqual([]);
  expect(said(`${placed}test_dir = "."\n`, "api/tests/test_a.py")).toEqual([]);
  expect(said('test_cmd = "make check"\n', "api/tests/test_a.py")).toEqual([]);
  expect(said(placed, "api/a.py")).toEqual([]);
});
