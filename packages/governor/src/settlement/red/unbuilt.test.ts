import { afterEach, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { GO_CACHE } from "../../testing/go_cache.ts";
import { openShell } from "../testing/isolation.ts";
import { projectWith } from "../testing/parts.ts";
import { runRed } from "./run_red.ts";
import { absentNames, readFaults } from "./unbuilt.ts";

const open: string[] = [];
afterEach(() => {
  for (const folder of open.splice(0)) rmSync(folder, { recursive: true });
});

function lay(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), "dgov-unbuilt-"));
  open.push(folder);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, "repo", path)), { recursive: true });
    writeFileSync(join(folder, "repo", path), text);
  }
  return folder;
}

describe("B11 what a compiler says is read as it is meant for programs", () => {
  const rust = (level: string, code: string | null, ...files: string[]) =>
    JSON.stringify({
      reason: "compiler-message",
      message: {
        ...{ level, message: `${code}`, code: code === null ? null : { code } },
        spans: files.map((file) => ({ file_name: file.replace("~", ""), is_primary: !file.startsWith("~") })),
      },
    });
  const line = (Output: string, ImportPath = "x [x.test]") =>
    JSON.stringify({ Action: "build-output", ImportPath, Output });
  const failed =
    '{"Action":"build-fail","ImportPath":"x [x.test]"}\n{"Action":"fail","Package":"x","FailedBuild":"x [x.test]"}';
  const absent = line("./t.go:1:2: undefined: A [go.dev/e/UndeclaredName]\n");

  test.each<[what: string, kind: "rustc" | "go", lines: string[], names: string[] | null]>([
    [
      "names that are not there",
      "rustc",
      [rust("error", "E0425", "~src/lib.rs", "t.rs"), rust("error", "E0432", "t.rs")],
      ["E0425", "E0432"],
    ],
    ["a warning beside one", "rustc", [rust("warning", "unused", "t.rs"), rust("error", "E0599", "t.rs")], ["E0599"]],
    ["a word that is no code", "rustc", [rust("error", null, "t.rs")], null],
    ["another type", "rustc", [rust("error", "E0308", "t.rs"), rust("error", "E0425", "t.rs")], null],
    ["a name that is not there in a source", "rustc", [rust("error", "E0425", "src/lib.rs")], null],
    ["a name that is not there, in two files", "rustc", [rust("error", "E0425", "t.rs", "src/lib.rs")], null],
    ["a name that is nowhere", "rustc", [rust("error", "E0425")], null],
    ["a line that was cut", "rustc", [rust("error", "E0425", "t.rs"), '{"reason":"compiler-message","mess'], null],
    ["a crash of the compiler", "rustc", [rust("error: internal compiler error", null, "t.rs")], null],
    ["nothing", "rustc", ['{"reason":"build-finished","success":false}'], null],
    ["names that are not there", "go", [line("# x [x.test]\n"), absent, failed], ["undefined: A"]],
    ["one that is said twice", "go", [absent, absent, failed], ["undefined: A"]],
    ["a syntax error", "go", [line("t.go:1:33: expected operand, found 'EOF'\n"), failed], null],
    [
      "arguments that do not fit, over lines",
      "go",
      [absent, line("./t.go:1:2: too many arguments [go.dev/e/WrongArgCount]\n"), line("\thave (number)\n"), failed],
      null,
    ],
    [
      "a name that is not there in a source",
      "go",
      [line("./a.go:1:2: undefined: A [go.dev/e/UndeclaredName]\n"), failed],
      null,
    ],
    ["words about a code", "go", [line("./t.go:1:2: see [go.dev/e/UndeclaredName] for more\n"), failed], null],
    ["a line without a place", "go", [absent, line("go: no such tool\n"), failed], null],
    ["a package that fails without a word", "go", [absent, failed, '{"Action":"build-fail","ImportPath":"y"}'], null],
    ["a package that has died", "go", [absent, failed, '{"Action":"fail","Package":"y"}'], null],
    [
      "one with a test that fails",
      "go",
      [absent, failed, '{"Action":"fail","Package":"y","Test":"T"}\n{"Action":"fail","Package":"y"}'],
      ["undefined: A"],
    ],
  ])("%s: %s", (_, kind, lines, names) => {
    const tests = kind === "go" ? ["t.go"] : ["t.rs"];
    expect(absentNames(readFaults(kind, lines.join("\n")), { root: "/none", tests })).toEqual(names);
  });

  test("a path from another folder is the test's, unless such a file is there too", () => {
    const root = join(lay({ "t.go": "", "sub/u.go": "" }), "repo");
    const at = (path: string) =>
      absentNames([{ path, absent: true, message: "x" }], { root, tests: ["sub/t.go", "sub/u.go"] });
    expect([at("./u.go"), at("sub/u.go"), at("./t.go"), at("go")]).toEqual([["x"], ["x"], null, null]);
  });
});

const NO_FILES = { create: [], edit: [], delete: [], read: [], touch: [] };

/** Where the toolchains of whoever runs this are: the shell has a home of its own. */
const TOOLS = [
  `export GOCACHE='${GO_CACHE}'`,
  `export RUSTUP_HOME='${process.env.RUSTUP_HOME ?? join(homedir(), ".rustup")}'`,
].join("; ");

type Files = Readonly<Record<string, string>>;

async function redOf(files: Files, test_cmd: string, tests: string[]): Promise<string> {
  const folder = lay(files);
  const [root, tmp, out] = ["repo", "tmp", "out"].map((name) => join(folder, name)) as [string, string, string];
  mkdirSync(tmp);
  const project = projectWith(root, { commands: {}, settlement_ms: 120_000 });
  const { code, message } = await runRed(
    { root, isolation: openShell(root, tmp), project, out },
    { test_cmd, files: { ...NO_FILES, tests } },
  );
  return `${code} ${message}`;
}

const GO = { "go.mod": "module ex\n\ngo 1.21\n", "a.go": "package ex\n\nfunc A() int { return 1 }\n" };
const go = (body: string) => ({
  ...GO,
  "a_test.go": `package ex\n\nimport "testing"\n\nfunc TestA(t *testing.T) { ${body} }\n`,
});

describe.skipIf(Bun.which("go") === null)("B11 of a test in Go", () => {
  test.each<[body: string, code: RegExp]>([
    ["if Burst(2) != A() { t.Fatal() }", /^red_absent .*undefined: Burst$/],
    ["if A() != 2 { t.Fatal() }", /^red 1 of 1/],
    ["if (", /^red_error /],
    ['if Burst(2) != A("x") { t.Fatal() }', /^red_error /],
    ["t.Skip()", /^red_not_run /],
  ])(
    "%s",
    async (body, code) => {
      expect(await redOf(go(body), `${TOOLS}; go test ./...`, ["a_test.go"])).toMatch(code);
    },
    180_000,
  );
});

const RUST = {
  "Cargo.toml": '[package]\nname = "ex"\nversion = "0.1.0"\nedition = "2021"\n',
  "src/lib.rs": "pub fn a() -> i32 {\n    1\n}\n",
};
const rust = (body: string) => ({ ...RUST, "tests/a.rs": `#[test]\nfn f() { ${body} }\n` });

/** A launcher may be there without any toolchain that it could launch, as with a home of nobody's. */
const hasCargo = Bun.which("cargo") !== null && Bun.spawnSync(["cargo", "--version"]).success;

describe.skipIf(!hasCargo)("B11 of a test in Rust", () => {
  test.each<[body: string, code: RegExp]>([
    ["assert_eq!(ex::limits::burst(2), ex::b());", /^red_absent .*`limits`.*`b`/],
    ["assert_eq!(ex::a(), 2);", /^red Tests fail$/],
    ["assert_eq!(ex::a(, 2);", /^red_unbuilt /],
    ['assert_eq!(ex::a(), "x"); ex::b();', /^red_unbuilt /],
    ["assert_eqq!(ex::a(), 2);", /^red_unbuilt /],
  ])(
    "%s",
    async (body, code) => {
      expect(await redOf(rust(body), `${TOOLS}; cargo test --offline`, ["tests/a.rs"])).toMatch(code);
    },
    180_000,
  );
});
