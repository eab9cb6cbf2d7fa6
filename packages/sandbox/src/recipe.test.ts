import { afterEach, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { claims, type Lab, type LabOptions, openLab } from "../../../test/lab.ts";
import { runTool } from "./registry.ts";

const FILES = { "src/app.py": "def f():\n    return 1\n", "tests/test_app.py": "" };

const labs: Lab[] = [];
afterEach(() => {
  for (const lab of labs.splice(0)) lab.remove();
});
async function open(scope: LabOptions["scope"] = {}): Promise<Lab> {
  const lab = await openLab({ files: FILES, scope });
  labs.push(lab);
  return lab;
}

type Case = [name: string, tool: string, input: Record<string, unknown>, want: { ok: boolean; says: string }];
const yes = (says: string) => ({ ok: true, says });
const no = (says: string) => ({ ok: false, says });

const RECIPES = {
  test: "echo ran '{test_dir}'",
  lint: "echo lint {file}",
  lint_fix: "echo fix {file}",
  format: "echo format",
  type_check: "echo types; exit 2",
};

test.each<Case>([
  ["all tests", "run_tests", {}, yes("ran tests/test_app.py\nEXIT:0")],
  ["one test", "run_tests", { file: "tests/test_app.py::test_f" }, yes("ran tests/test_app.py::test_f\n")],
  [
    "a test with a strange name",
    "run_tests",
    { file: "tests/test_app.py::test_f[a b;id]" },
    yes("ran tests/test_app.py::test_f[a b;id]\n"),
  ],
  ["a test file that is not there", "run_tests", { file: "tests/no.py" }, no("does not exist")],
  ["the source directory", "lint_check", {}, yes("lint src\n")],
  ["one file", "lint_check", { file: "src/app.py" }, yes("lint src/app.py\n")],
  ["words of a command", "lint_check", { file: "src/app.py; id" }, no("does not exist")],
  ["a substitution", "lint_check", { file: "$(id)" }, no("does not exist")],
  ["a way out", "lint_check", { file: "../../secret.txt" }, no("traversal")],
  ["what is claimed", "lint_fix", {}, yes("fix src/app.py tests/test_app.py\n")],
  ["a formatter that takes no file", "format_file", { file: "src/app.py" }, no("must contain '{file}'")],
  ["types", "type_check", {}, no("types\nEXIT:2")],
])("recipes, %s: %s %j", async (_, tool, input, { ok, says }) => {
  const lab = await open({ recipes: RECIPES, write: claims("src/app.py", "tests/test_app.py") });
  const answer = await runTool(tool, input, lab.host);
  expect(answer.text).toContain(says);
  expect(answer.ok).toBe(ok);
});

test("a file whose name is a command is one word of the recipe", async () => {
  const name = "src/$(touch pwned) 'x'.py";
  const lab = await openLab({ files: { [name]: "" }, scope: { recipes: { ...RECIPES, lint: 'echo lint "{file}"' } } });
  labs.push(lab);
  expect((await runTool("lint_check", { file: name }, lab.host)).text).toBe(`lint ${name}\nEXIT:0`);
  expect(existsSync(join(lab.root, "pwned"))).toBe(false);
});

test("run_tests without targets says so", async () => {
  const lab = await open({ recipes: RECIPES, test_targets: [] });
  expect((await runTool("run_tests", {}, lab.host)).text).toContain("in-scope test targets");
});
