import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { CHECKERS, checkerOf, withOption } from "./checker.ts";
import { type Complaint, findingOf, identity, relative } from "./complaint.ts";
import { complaintsIn } from "./words.ts";

const FOLDER = join(import.meta.dir, "../../../../../test/fixtures/checkers");

/** What is read of a recorded output, as if the repository it speaks of were the folder of the fixtures. */
function complaintsOf(fixture: string): readonly Complaint[] | null {
  const [name = "", form] = fixture.split(".");
  const text = readFileSync(join(FOLDER, fixture), "utf8").replaceAll("/r/", `${FOLDER}/`);
  const checker = CHECKERS.find((one) => one.name.replace(" ", "_") === name);
  const complaints = form === "report" && checker?.read ? checker.read(text) : complaintsIn(text);
  return complaints === null ? null : relative(complaints, FOLDER);
}
const places = (fixture: string) =>
  complaintsOf(fixture)?.map(({ path, line, column, rule, grade }) =>
    [path, line, column, grade === "error" ? rule : `${rule} (${grade})`].map((part) => part ?? "-").join(" "),
  );

const RUFF = ["src/a.py 1 8 F401", "src/bad.py 1 7 invalid-syntax"];
const MYPY = ["src/a.py 5 12 return-value", "src/a.py 14 5 override", "src/a.py 15 20 arg-type"];
const TY = [
  "src/a.py 5 12 invalid-explicit-return",
  "src/a.py 14 9 incompatible-method-override",
  "src/a.py 15 18 invalid-argument-type",
  "src/bad.py 1 7 invalid-syntax",
  "src/bad.py 2 1 invalid-syntax",
];
const TSC = ["src/a.ts 2 14 TS2322", "src/a.ts 6 14 TS2322"];
const CLIPPY = ["src/main.rs 4 9 -", "src/main.rs 3 8 -", "src/main.rs 2 13 -"];
const BIOME = ["src/bad.js 1 7 parse", "src/c.js 2 7 noDoubleEquals", "src/c.js 2 15 noDebugger"];

test("what is said twice of one place is told once, and of another place, or of none, as often as it is said", () => {
  const told = (text: string) =>
    relative(complaintsIn(text), FOLDER).map(({ path, line, column }) => [path, line, column]);
  const [at, elsewhere, line] = ["a.go:3:23: it is wrong", "a.go:4:23: it is wrong", "a.go:3: it is wrong"];
  expect(told(`${at}\n./${at}\n${elsewhere}\n`)).toEqual([
    ["a.go", 3, 23],
    ["a.go", 4, 23],
  ]);
  expect(told(`${at}\na.go:3:23: it is odd\n`)).toHaveLength(2);
  expect(told(`${line}\n${line}\n`)).toHaveLength(2); // it may stand in two columns
  expect(told("wrong\nwrong\n")).toHaveLength(2);
});

test.each<[string, string[]]>([
  ["ruff.report", [...RUFF, "src/bad.py 2 1 invalid-syntax"]],
  ["ruff.words", [...RUFF, "src/bad.py 1 9 invalid-syntax"]],
  ["mypy.report", MYPY],
  ["mypy.words", MYPY.map((line) => line.replace(/(?<= \d+) \d+/, " -"))],
  ["ty.report", TY],
  ["ty.words", TY],
  [
    "pyright.words",
    [
      "src/a.py 5 12 reportReturnType",
      "src/a.py 14 9 reportIncompatibleMethodOverride",
      "src/a.py 15 20 reportArgumentType",
      ...["1 6", "1 7", "1 7", "2 1", "2 1", "2 1"].map((place) => `src/bad.py ${place} -`),
    ],
  ],
  ["tsc.words", TSC],
  ["tsc_pretty.words", TSC],
  [
    "eslint.report",
    ["src/a.ts 1 7 @typescript-eslint/no-unused-vars", "src/a.ts 4 17 no-debugger", "src/bad.js 1 6 syntax"],
  ],
  ["eslint.words", ["src/a.ts 1 7 @typescript-eslint/no-unused-vars", "src/a.ts 4 17 no-debugger", "src/bad.js 1 6 -"]],
  [
    "biome.report",
    ["src/a.ts 1 7 noUnusedVariables (warning)", "src/a.ts 4 11 noDoubleEquals", "src/a.ts 4 17 noDebugger", ...BIOME],
  ],
  ["biome.words", BIOME.map((line) => line.replace(/\w+$/, "-"))],
  ["go_vet.words", ["a.go 6 14 -", "a.go 7 14 -", "sub/b.go 3 23 -"]],
  [
    "clippy.report",
    CLIPPY.map((line, at) => line.replace("-", ["unused_variables", "len_zero", "useless_vec"][at] ?? "")),
  ],
  ["clippy.words", [...CLIPPY, "- - - -"]],
])("what is read of %s", (fixture, expected) => {
  expect(places(fixture)).toEqual(expected);
});

test("words that go on in indented lines are one complaint", () => {
  expect(complaintsOf("pyright.words")?.[1]?.message).toBe(
    'Method "m" overrides class "A" in an incompatible manner: Return type mismatch: base method returns type "int", override returns type "str": "str" is not assignable to "int"',
  );
  for (const fixture of ["tsc.words", "tsc_pretty.words"])
    expect(complaintsOf(fixture)?.[1]?.message).toMatch(
      /void'\. Types of parameters .* 'number' is not assignable to type 'string'\.$/,
    );
});

test.each(["ruff", "mypy", "eslint", "biome", "clippy"])("what %s prints for people is no report", (name) => {
  const read = CHECKERS.find((one) => one.name === name)?.read;
  const words = (file: string) => readFileSync(join(FOLDER, `${file}.words`), "utf8");
  expect(read?.(words(name))).toBeNull();
  expect(read?.("")).toBeNull();
  expect(read?.(`npm warn of\n${readFileSync(join(FOLDER, `${name}.report`), "utf8")}\n`)).toEqual(
    read?.(readFileSync(join(FOLDER, `${name}.report`), "utf8")) ?? [],
  );
});

test("a report that leaves some out is none", () => {
  const read = CHECKERS.find(({ name }) => name === "biome")?.read;
  const report = readFileSync(join(FOLDER, "biome.report"), "utf8");
  expect(read?.(report.replace('"diagnosticsNotPrinted":0', '"diagnosticsNotPrinted":3'))).toBeNull();
});

test.each<[string, string | null, string]>([
  ["ruff check {file}", "ruff", "ruff check --output-format=json {file}"],
  ["uv run ruff --quiet check .", "ruff", "uv run ruff --quiet check --output-format=json ."],
  ["python -m mypy src", "mypy", "python -m mypy --output=json src"],
  ["npx eslint {file}", "eslint", "npx eslint --format=json {file}"],
  ["./node_modules/.bin/eslint .", "eslint", "./node_modules/.bin/eslint --format=json ."],
  ["node 'a b/eslint.js' .", "eslint", "node 'a b/eslint.js' --format=json ."],
  ["cargo clippy -- -D warnings", "clippy", "cargo clippy --message-format=json -- -D warnings"],
  ["cargo +nightly clippy", "clippy", "cargo +nightly clippy --message-format=json"],
  ["biome check .", "biome", "biome check --reporter=json --max-diagnostics=none ."],
  ["ty check && true", "ty", "ty check --output-format=concise && true"],
  ["npx tsc --noEmit -p .", "tsc", ""],
  ["basedpyright", "pyright", ""],
  ["go vet ./...", "go vet", ""],
  ["ruff format --check {file}", null, ""],
  ["biome format .", null, ""],
  ["ruff check . && mypy .", null, ""], // two of them: whose words are these
  ["npm run eslint-all", null, ""],
  ["dmypy run", null, ""],
  ["go test ./...", null, ""],
  ["cat tsconfig.json", null, ""],
  ["ruff format . ; check", null, ""],
])("%s is a call of %p", (command, name, asked) => {
  const checker = checkerOf(command);
  expect(checker?.name ?? null).toBe(name);
  expect(checker?.option ? withOption(command, checker, checker.option) : "").toBe(asked);
});

const one: Complaint = { path: "a.py", line: 3, column: 1, rule: "X1", message: "seen in /r/a.py:12", grade: "error" };

test("a complaint is known by its file, rule and words, wherever it stands", () => {
  const moved = { ...one, line: 9, column: 4, message: "seen in /s/a.py:21" };
  expect(identity(one, "/r")).toBe(identity(moved, "/s"));
  for (const other of [{ path: "b.py" }, { rule: "X2" }, { message: "seen elsewhere" }])
    expect(identity({ ...one, ...other }, "/r")).not.toBe(identity(one, "/r"));
});

test("a finding has the checker's own rule in its code, and no place that is not known", () => {
  expect(findingOf(one, "lint")).toEqual({ code: "lint_X1", message: one.message, path: "a.py", line: 3, column: 1 });
  expect(findingOf({ ...one, rule: null, column: null }, "type")).toEqual({
    code: "type_error",
    message: one.message,
    path: "a.py",
    line: 3,
  });
  const bare = { path: null, line: null, column: null, rule: null };
  expect(findingOf({ ...one, ...bare }, "type")).toEqual({ code: "type_failure", message: one.message });
});
