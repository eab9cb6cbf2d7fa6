import { afterEach, expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { projectWith, unitWith } from "../settlement/testing/parts.ts";
import { grantsIn, scopeOf } from "./scope.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

const project = projectWith("/", { commands: { test: "pytest {test_dir}", lint: "ruff check {file}" } });
const claimed = {
  edit: ["src/a.py", "tests/test_a.py"],
  create: ["tests/sub/"],
  read: ["tests/test_b.py", "tests/*_c.py"],
};

test("tests that are claimed, also only to be read, may be run; a glob names none", () => {
  const scope = scopeOf(project, unitWith(claimed), "0".repeat(40));
  expect(scope.test_targets).toEqual(["tests/sub", "tests/test_a.py", "tests/test_b.py"]);
  expect(scope.recipes).toMatchObject({ test: "pytest {test_dir}", lint: "ruff check {file}", format: null });
  expect(scopeOf(project, unitWith(claimed, "make check"), "0").recipes.test).toBe("make check");
});

test("where tests lie beside what they test, a claim on a test may be run, by its name", () => {
  const beside = { ...project, layout: { ...project.layout, test_dir: "." } };
  const files = { edit: ["src/a.py", "src/test_a.py", "api/tests/conftest.py"], create: ["api/tests/deep/", "api/x/"] };
  expect(scopeOf(beside, unitWith(files), "0").test_targets).toEqual(["api/tests/deep", "src/test_a.py"]);
});

test("B11 the acceptance tests of a task may be run, and not written, wherever they stand", () => {
  const tests = ["spec/a_test.py", "tests/test_a.py"];
  const scope = scopeOf(project, unitWith({ ...claimed, tests }), "0");
  expect(scope.test_targets).toEqual(["spec/a_test.py", "tests/test_a.py", "tests/sub", "tests/test_b.py"]);
  expect(scope.write.map(({ path }) => path)).not.toContain("spec/a_test.py");
});

test("a role that only reads may write nothing, whatever it claims", () => {
  const unit = { ...unitWith(claimed), role: "reviewer" as const };
  expect(scopeOf(project, unit, "0").write).toEqual([]);
  expect(grantsIn("/nowhere", unit)).toEqual([]);
});

test("a file that is there is granted alone, whatever is to become of symbols in it", () => {
  const root = mkdtempSync(join(tmpdir(), "dgov-scope-"));
  folders.push(root);
  mkdirSync(join(root, "src"));
  writeFileSync(join(root, "src/a.py"), "");
  const made = { create: ["src/a.py::g"], delete: ["src/a.py::f"], touch: ["src/a.py::<imports>"] };
  expect(grantsIn(root, unitWith(made))).toEqual([{ kind: "file", path: "src/a.py" }]);
  const grants = grantsIn(root, unitWith({ create: ["src/b.py::g"] }));
  expect(grants.map(({ kind, path }) => [kind, path])).toEqual([["directory", "src"]]);
});

test("no folder is made or granted behind a link", () => {
  const place = mkdtempSync(join(tmpdir(), "dgov-scope-"));
  folders.push(place);
  const root = join(place, "worktree");
  mkdirSync(join(root, "src"), { recursive: true });
  mkdirSync(join(place, "outside"));
  writeFileSync(join(root, "src/a.py"), "");
  symlinkSync(join(place, "outside"), join(root, "src/out"));
  const grants = grantsIn(root, unitWith({ edit: ["src/a.py"], create: ["src/out/deep/n.py", "new/n.py"] }));
  expect(grants.map(({ path }) => path)).toEqual(["src/a.py", "new"]);
  expect(existsSync(join(place, "outside/deep"))).toBe(false);
  expect(existsSync(join(root, "new"))).toBe(true);
});
