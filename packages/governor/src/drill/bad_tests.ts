import { reporterOf } from "../settlement/red/reporters.ts";
import type { BadChange, Drill, Facts, Laid } from "./drill.ts";
import { freePath } from "./free_path.ts";

const NO_PATH = "the project's [scope] leaves no path at which a task could make a file";

/** One test that was frozen, and what becomes of it. */
const frozen = (what: string, code: string, becomes: Laid[string]): Drill => ({
  ...{ gate: "frozen", what, code },
  make(facts) {
    const path = freePath(facts, "dgov_drill.txt");
    return path === null
      ? NO_PATH
      : [{ base: { [path]: "one\n" }, work: { [path]: becomes }, harmless: null, frozen: [path] }];
  },
});

/**
 * Tests of one runner. `name`: a file that it takes for a test; `pass`, `fail`: the test that holds and the one that does not;
 * `broken`: none that could run.
 */
type Written = { name: string; pass: string; fail: string; broken: string };

const ecma = (name: string, imported: string, holds: (whether: boolean) => string): Written => {
  const text = (whether: boolean) => `${imported}test("dgov drill", () => {\n  ${holds(whether)}\n});\n`;
  return { name, pass: text(true), fail: text(false), broken: `import "./dgov_drill_is_not_there";\n${text(false)}` };
};
const expects = (whether: boolean) => `expect(${whether}).toBe(true);`;
const go = (holds: boolean) =>
  `package PACKAGE\n\nimport "testing"\n\nfunc TestDgovDrill(t *testing.T) {\n\t${holds ? "t.Log()" : "t.Fail()"}\n}\n`;
const rust = (holds: boolean) => `#[test]\nfn dgov_drill() {\n    assert!(1 ${holds ? "==" : "!="} 1);\n}\n`;
const python = (holds: boolean) => `def test_dgov_drill():\n    assert 1 ${holds ? "==" : "!="} 1\n`;

/** By the names that `reporterOf` gives. */
const WRITTEN: Readonly<Record<string, Written>> = {
  pytest: {
    ...{ name: "test_dgov_drill.py", pass: python(true), fail: python(false) },
    broken: `import dgov_drill_is_not_there\n\n\n${python(false)}`,
  },
  vitest: ecma("dgov_drill.test.js", 'import { expect, test } from "vitest";\n', expects),
  jest: ecma("dgov_drill.test.js", "", expects),
  "bun test": ecma("dgov_drill.test.js", 'import { expect, test } from "bun:test";\n', expects),
  "node --test": ecma(
    "dgov_drill.test.mjs",
    'import assert from "node:assert";\nimport { test } from "node:test";\n',
    (whether) => `assert.ok(${whether});`,
  ),
  "go test": { name: "dgov_drill_test.go", pass: go(true), fail: go(false), broken: `${go(false)}func (\n` },
  "cargo test": { name: "dgov_drill.rs", pass: rust(true), fail: rust(false), broken: `${rust(false)}fn (\n` },
};

/** A test that an author of tests hands in, beside one that is red as it must be. */
const authored =
  (how: "pass" | "broken", isPicked: boolean) =>
  async (facts: Facts): Promise<readonly BadChange[] | string | null> => {
    const { test } = facts.project.commands;
    if (test === null || test.includes("{test_dir}") !== isPicked) return null;
    const written = WRITTEN[reporterOf(test)?.name ?? ""];
    if (written === undefined) return "behind its test_cmd nobody can tell what has failed, and no test would be red";
    const { path, fill } = await placed(facts, written.name);
    return [{ work: { [path]: fill(written[how]) }, harmless: { [path]: fill(written.fail) }, authored: path }];
  };

/** Beside tests that are there, or where tests lie: Go's stand in the package that they test, under its name. */
async function placed({ project, paths, read }: Facts, name: string) {
  const { test_dir } = project.layout;
  const ending = name.slice(name.lastIndexOf("."));
  const beside = name.endsWith(".go") ? paths.find((path) => path.endsWith(ending)) : undefined;
  const folder = name.endsWith(".rs")
    ? "tests"
    : beside === undefined
      ? test_dir
      : beside.slice(0, beside.lastIndexOf("/") + 1);
  const [, own = "main"] = /^package\s+(\w+)/m.exec((beside && (await read(beside))) || "") ?? [];
  const path = folder === "." || folder === "" ? name : `${folder.replace(/\/+$/, "")}/${name}`;
  return { path, fill: (text: string) => text.replaceAll("PACKAGE", own.replace(/_test$/, "")) };
}

/** Where the command runs all tests, others that fail hide what this one is: then nobody is at fault. */
const red = (what: string, how: "pass" | "broken"): Drill[] => [
  { gate: "red", what, code: null, make: authored(how, true) },
  { gate: "red", what, code: null, guess: true, make: authored(how, false) },
];

/** What the gates of plans by tests-first must refuse. */
export const TESTS: readonly Drill[] = [
  frozen("a frozen test that was changed", "frozen_test_changed", "two\n"),
  frozen("a frozen test that is gone", "frozen_test_removed", null),
  frozen("a link in the place of a frozen test", "frozen_test_removed", { link: "dgov_drill_other.txt" }),
  ...red("a test that passes before there is any work", "pass"),
  ...red("a test that cannot be run", "broken"),
];
