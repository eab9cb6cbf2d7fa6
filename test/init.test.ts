import { afterEach, expect, test } from "bun:test";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { renderInit } from "../packages/cli/src/commands/init.ts";
import { readProject } from "../packages/governor/src/config.ts";
import { DgovError } from "../packages/governor/src/error.ts";
import { foreseeInit, initPlan, initProject } from "../packages/governor/src/init.ts";
import { compileFolder } from "../packages/governor/src/plan/store.ts";
import { readSops } from "../packages/governor/src/sops.ts";

// A case is a repository before `dgov init`, and the project.toml that it gets. UPDATE=1 rewrites expect.toml.
const CASES = join(import.meta.dir, "fixtures/init");
const open: string[] = [];
afterEach(() => {
  for (const folder of open.splice(0)) rmSync(folder, { recursive: true, force: true });
});

for (const name of readdirSync(CASES).sort())
  test(`A1 init in ${name}: the commands are as they should be, and the second time changes nothing`, () => {
    const root = repository(join(CASES, name, "repo"));
    const first = initProject({ cwd: root, path: "", force: false, type: "auto" });
    const text = readFileSync(join(root, ".dgov/project.toml"), "utf8");
    const expected = join(CASES, name, "expect.toml");
    if (process.env.UPDATE) writeFileSync(expected, text);
    expect(text).toBe(readFileSync(expected, "utf8"));
    expect(first.created).toContain(".dgov/project.toml");
    const before = snapshot(root);
    expect(initProject({ cwd: root, path: "", force: false, type: "auto" })).toMatchObject({
      status: "already_initialized",
      created: [],
    });
    expect(initProject({ cwd: join(root, ".dgov/sops"), path: "", force: true, type: "auto" }).created).toEqual([]);
    expect(snapshot(root)).toEqual(before);
    expect(readSops(root).places).toEqual([]);
    readProject(root);
  });

test("A1 init says how to keep what is there today as a measure, where there is something and nobody keeps it", () => {
  const fresh = (files: Readonly<Record<string, string>>) => {
    const view = initIn(files);
    return { commands: view.baselines.map(({ command }) => command), said: renderInit(view) };
  };
  const go = fresh({ "go.mod": "module x\n", "main.go": "package main\n" });
  expect(go.commands).toEqual(["dgov sentrux gate-save"]);
  expect(go.said).toContain("  structure  dgov sentrux gate-save");
  const measured = { "pyproject.toml": '[project]\nname = "x"\ndependencies = ["pytest-cov"]\n', "a.py": "a = 1\n" };
  const python = fresh(measured);
  expect(python.commands).toEqual(["dgov sentrux gate-save", "dgov coverage-baseline"]);
  expect(python.said).toContain("take the # from coverage_cmd in .dgov/project.toml, then dgov coverage-baseline");
  expect(python.said).toContain("only what is new is refused");
  const kept = { ".sentrux/baseline.json": "{}", ".coverage-baseline/coverage.json": "{}" };
  expect(fresh({ ...measured, ...kept }).commands).toEqual([]);
  const nothing = fresh({ "notes.txt": "x\n" });
  expect([nothing.commands, nothing.said.includes("measure")]).toEqual([[], false]);
});

test("A1 init finds tests where they are, and says which tests and languages no command would judge", () => {
  const found = (...paths: string[]) => {
    const { detected } = initIn(Object.fromEntries(paths.map((path) => [path, ""])));
    return [detected?.test_dir, ...(detected?.overlooked ?? [])];
  };
  expect(found("a.py", "tests/test_a.py")).toEqual(["tests/"]);
  expect(found("a.py")).toEqual(["tests/"]);
  expect(found("a.py", "tests/helper.py")).toEqual(["tests/"]);
  expect(found("api/a.py", "api/tests/test_a.py", "test/data.json")).toEqual(["."]);
  expect(found("vitest.config.ts", "src/a.ts", "src/a.test.ts")).toEqual(["."]);
  expect(found("go.mod", "a.go", "a_test.go")).toEqual(["tests/"]); // its command names no folder
  const some = [1, 2, 3, 4].map((n) => `lib/test_${n}.py`);
  expect(found("a.py", "tests/test_a.py", ...some)).toEqual([
    "tests/",
    'Outside of tests/ stand 4 test files that no gate runs (lib/test_1.py, lib/test_2.py, lib/test_3.py, …); test_dir = "." has them run',
  ]);
  expect(found("a.py", "b.py", "a.js")).toEqual(["tests/"]);
  expect(found("a.py", "b.py", "c.py", "a.js", "b.js")).toEqual([
    "tests/",
    'Nothing judges 2 files of javascript by its own tools; join their commands to these, with "&&"',
  ]);
});

test("A1 init --preflight says what init would do, and does nothing of it", () => {
  const root = repository();
  mkdirSync(join(root, "src"));
  writeFileSync(join(root, "src/a.go"), "package a\n");
  const asked = { cwd: root, path: "", force: false, type: "auto" as const };
  const before = snapshot(root);
  const foreseen = foreseeInit(asked);
  expect(snapshot(root)).toEqual(before);
  expect(foreseen).toMatchObject({ status: "foreseen", root, repository: true, kept: [], detected: { type: "go" } });
  expect(initProject(asked).created).toEqual(foreseen.would_create);
  rmSync(join(root, ".git"), { recursive: true });
  rmSync(join(root, ".dgov/governor.md"));
  const again = foreseeInit(asked);
  expect(again).toMatchObject({ repository: false, detected: { type: "go" }, would_create: [".dgov/governor.md"] });
  expect(again.kept).toContain(".dgov/project.toml");
  expect(foreseeInit({ ...asked, type: "rust", force: true }).would_create).toContain(".dgov/project.toml");
});

test("A1 init adds what is missing, keeps what is there, writes over it when forced, and takes a type that is given", () => {
  const root = repository();
  initProject({ cwd: root, path: "", force: false, type: "go" });
  rmSync(join(root, ".dgov/governor.md"));
  writeFileSync(join(root, ".dgov/project.toml"), "[project]\n");
  writeFileSync(join(root, ".dgov/schema/root.schema.json"), "{}");
  const again = initProject({ cwd: root, path: "", force: false, type: "auto" });
  expect(again.created).toEqual([".dgov/governor.md", ".dgov/schema/root.schema.json"]);
  expect(again.detected).toBeNull();
  expect(readFileSync(join(root, ".dgov/project.toml"), "utf8")).toBe("[project]\n");
  const forced = initProject({ cwd: root, path: "", force: true, type: "rust" });
  expect(forced.created).toEqual([".dgov/project.toml"]);
  expect(readProject(root).commands.test).toBe("cargo test");
});

test("uv is used where it is on PATH and the project has a manifest", () => {
  const root = repository(join(CASES, "python_without_pytest/repo"));
  mkdirSync(join(root, "bin"));
  writeFileSync(join(root, "bin/uv"), "", { mode: 0o755 });
  initProject({ cwd: root, path: `/none:${join(root, "bin")}`, force: false, type: "auto" });
  expect(readProject(root).commands.lint).toBe("uv run ruff check {file}");
  expect(readProject(root).rules.tool_policy.require_uv_run).toBe(true);
});

test.each([".dgov", ".dgov/plans"])("nothing is written through %s when it is a link", (folder) => {
  const root = repository();
  const elsewhere = repository();
  if (folder !== ".dgov") mkdirSync(join(root, ".dgov"));
  symlinkSync(elsewhere, join(root, folder));
  expect(() => initProject({ cwd: root, path: "", force: true, type: "auto" })).toThrow(DgovError);
  expect(() => initPlan({ cwd: root, name: "p", sections: ["tasks"], force: true })).toThrow(DgovError);
  expect(readdirSync(elsewhere)).toEqual([".git"]);
});

test("the example of a new plan compiles without a word when it is renamed", async () => {
  const root = repository();
  initProject({ cwd: root, path: "", force: false, type: "python" });
  writeFileSync(join(root, ".dgov/project.toml"), '[project]\nprovider = "scripted"\n');
  const view = initPlan({ cwd: join(root, ".dgov"), name: "my-plan", sections: ["one", "two"], force: false });
  expect(view.created).toEqual([
    ".dgov/plans/my-plan/_root.toml",
    ".dgov/plans/my-plan/one/_example.toml",
    ".dgov/plans/my-plan/two/_example.toml",
  ]);
  expect((await compileFolder(readProject(root), view.root)).places.map(({ code }) => code)).toEqual(["files_ignored"]);
  renameSync(join(root, view.root, "one/_example.toml"), join(root, view.root, "one/example.toml"));
  expect((await compileFolder(readProject(root), view.root)).places).toEqual([]);
});

test.each([
  ["../../x", ["tasks"], "usage"],
  ["a/b", ["tasks"], "usage"],
  ["", ["tasks"], "usage"],
  ["p", ["../x"], "usage"],
  ["p", [""], "usage"],
  ["p", ["a", "a"], "usage"],
  ["there", ["tasks"], "plan_exists"],
])("init-plan refuses %j with sections %j", (name, sections, code) => {
  const root = repository();
  initPlan({ cwd: root, name: "there", sections: ["tasks"], force: false });
  const before = snapshot(root);
  expect(() => initPlan({ cwd: root, name, sections, force: false })).toThrow(expect.objectContaining({ code }));
  expect(snapshot(root)).toEqual(before);
  expect(initPlan({ cwd: root, name: "there", sections: ["tasks"], force: true }).created).toHaveLength(2);
});

function initIn(files: Readonly<Record<string, string>>) {
  const root = repository();
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return initProject({ cwd: root, path: "", force: false, type: "auto" });
}

function repository(from?: string): string {
  const root = mkdtempSync(join(tmpdir(), "dgov-init-"));
  open.push(root);
  if (from) cpSync(from, root, { recursive: true });
  mkdirSync(join(root, ".git"));
  return root;
}

function snapshot(root: string): Record<string, string> {
  const files = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    files.map(({ parentPath, name }) => [join(parentPath, name), readFileSync(join(parentPath, name), "utf8")]),
  );
}
