import { afterAll, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { runnerWords } from "./runners.ts";
import { RUNNER_NAMES, type RunnerName } from "./test_runners.ts";

const root = mkdtempSync(join(tmpdir(), "dgov-runners-"));
const ONE = "tests/[id].test.ts";
const TWO = "tests/deep/it's (new).test.ts";
for (const path of [ONE, TWO, "tests/helper.ts", "src/other.test.ts"]) {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), "");
}
afterAll(() => rmSync(root, { recursive: true }));

const layout = {
  language: "typescript",
  src_dir: "src",
  test_dir: "tests",
  source_extensions: [".ts"],
  archive: "never",
} as const;
const words = (command: string, targets: readonly string[], named: RunnerName | null = null) =>
  runnerWords(command, targets, { root, all: "tests", layout: { ...layout, test_runner: named } });

test.each<[command: string, one: string, all: string]>([
  ["python -m pytest -q {test_dir}", `'${ONE}'`, "tests"],
  ["uv run py.test {test_dir}", `'${ONE}'`, "tests"],
  ["python -m unittest {test_dir}", `'${ONE}'`, `'${ONE}' 'tests/deep/it'\\''s (new).test.ts'`],
  ["python -m unittest discover -s {test_dir}", "tests", "tests"],
  ["npx vitest run {test_dir}", `'${ONE}'`, "tests"],
  ["npx jest {test_dir}", "'tests/\\[id\\]\\.test\\.ts'", "tests"],
  ["npx jest --runTestsByPath {test_dir}", `'${ONE}'`, `'${ONE}' 'tests/deep/it'\\''s (new).test.ts'`],
  ["bun test {test_dir}", `'./${ONE}'`, "./tests"],
  ["bun --cwd . test {test_dir}", `'./${ONE}'`, "./tests"],
  ["node --test {test_dir}", "'tests/[[]id].test.ts'", "'tests/[[]id].test.ts' 'tests/deep/it'\\''s (new).test.ts'"],
  [
    "node --import tsx --test {test_dir}",
    "'tests/[[]id].test.ts'",
    "'tests/[[]id].test.ts' 'tests/deep/it'\\''s (new).test.ts'",
  ],
  ["node --test-reporter=tap own.js {test_dir}", `'${ONE}'`, "tests"],
  ["sh check.sh {test_dir}", `'${ONE}'`, "tests"],
])("D7 what to run is spelled as its runner reads it: %s", (command, one, all) => {
  expect(words(command, [ONE])).toBe(one);
  expect(words(command, ["tests"])).toBe(all);
  expect(words(command, [])).toBeNull();
});

test("D7 a runner that hides behind a script is named by the project", () => {
  expect(words("npm test -- {test_dir}", [ONE], "jest")).toBe("'tests/\\[id\\]\\.test\\.ts'");
  for (const name of RUNNER_NAMES) expect(words("make {test_dir}", [ONE], name)).not.toBeNull();
});
