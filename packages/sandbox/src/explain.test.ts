import { expect, test } from "bun:test";
import { claims, SCOPE } from "../../../test/lab.ts";
import type { ToolComponent } from "./component/component.ts";
import { askedCommand, type ExplainedPlace, type Explanation, explainCall } from "./explain.ts";
import { ToolPolicy } from "./policy.ts";
import { openShell } from "./shell/open.ts";
import type { Scope } from "./tool.ts";
import type { Layer } from "./write_rules.ts";

const shell = await openShell();
const STRICT = ToolPolicy.parse({
  restrict_run_bash: true,
  deny_shell_file_mutations: true,
  require_wrapped_verify_tools: true,
  deny_shell_commands: ["pip"],
});

type More = Partial<ExplainedPlace> & { rules?: ToolPolicy };

function explain(tool: string, input: unknown, scope: Partial<Scope> = {}, more: More = {}): Explanation {
  const { rules = STRICT, ...own } = more;
  const policy = { rules, scope: { ...SCOPE, ...scope }, shell };
  const place = { root: "/w", level: "bwrap", reads: "limited", ...own } as const;
  return explainCall(policy, { tool, input: typeof input === "string" ? input : JSON.stringify(input) }, place);
}
const command = (text: string, more: More = {}) => {
  const asked = askedCommand(text);
  return explain(asked.tool, asked.input, {}, more);
};
const OPEN = ToolPolicy.parse({});

type Row = [tool: string, input: unknown, scope: Partial<Scope>, layer: Layer, rule: string, allowed: boolean];
const ROWS: Row[] = [
  ["nosuch", {}, {}, "schema", "tool", false],
  ["read_file", "{", {}, "schema", "input", false],
  ["read_file", { path: "/etc/passwd" }, {}, "schema", "input", false],
  ["read_file", { path: ".env" }, {}, "secret", "secret_file", false],
  ["read_file", { path: ".env" }, { read: claims(".env") }, "path", "read", true],
  ["read_file", { path: "/w/src/app.py" }, {}, "path", "read", true],
  ["write_file", { path: "src/new.py", content: "" }, {}, "claim", "claim", true],
  ["write_file", { path: "x.py", content: "" }, {}, "claim", "claim", false],
  ["write_file", { path: ".dgov/x", content: "" }, {}, "claim", "reserved", false],
  ["write_file", { path: "src/new.py", content: "" }, { role: "reviewer" }, "role", "role", false],
  ["run_tests", { file: "src" }, {}, "claim", "test_targets", false],
  ["run_bash", { cmd: "ls" }, {}, "policy", "shell", true],
  ["run_bash", { cmd: "cat .env" }, {}, "secret", "secret_file", false],
  ["git_diff", {}, {}, "schema", "tool", true],
];
for (const [tool, input, scope, layer, rule, allowed] of ROWS)
  test(`${tool} ${JSON.stringify(input)}: ${layer}`, () => {
    const { decided, allowed: told } = explain(tool, input, scope);
    expect({ layer: decided.layer, rule: decided.rule, allowed: told }).toEqual({ layer, rule, allowed });
  });

test("each simple command is told with its rule, and the refusal names its part", () => {
  const { decided, accesses } = command("ls src && env pip install x | head -1");
  expect(decided).toMatchObject({ rule: "tool_policy.deny_shell_commands", part: "env pip install x" });
  expect(accesses[0]?.commands.map(({ argv, inside, decision }) => [argv.join(" "), inside, decision.rule])).toEqual([
    ["ls src", [], "shell"],
    ["env pip install x", [], "shell"],
    ["pip install x", ["env"], "tool_policy.deny_shell_commands"],
    ["head -1", [], "shell"],
  ]);
});

test("a command within a text is told as it stands there", () => {
  const { decided, accesses } = command("sh -c 'ls; rm x'");
  expect(decided).toMatchObject({ rule: "tool_policy.deny_shell_file_mutations", part: "rm x" });
  expect(accesses[0]?.commands.map(({ argv }) => argv.join(" "))).toEqual(["sh -c ls; rm x", "ls", "rm x"]);
});

test("what cannot be decided is told with the reason", () => {
  const { decided, accesses } = command("$X y");
  expect(decided).toMatchObject({ allow: false, rule: "tool_policy.restrict_run_bash", layer: "policy" });
  expect(accesses[0]?.undecided).toEqual(["the name of a command is computed"]);
});

test("what is left to the jail is told, and only then", () => {
  const says = (text: string, rules = STRICT) => command(text, { rules }).jail.join("\n");
  expect(says("ls src")).not.toMatch(/computed|code|No rule/);
  expect(says('cat "$f"')).toContain("A word is computed");
  expect(says("python3 x.py")).toContain("which no rule reads");
  expect(says("sh x.sh")).toContain("which no rule reads");
  expect(says("sh -c 'ls src'")).not.toContain("which no rule reads");
  expect(explain("run_script", { code: "1" }).jail.join()).toContain("judged call by call");
  expect(says("cat /etc/shadow", OPEN)).toContain("reads the worktree");
  expect(says("rm -rf /", OPEN)).toContain("No rule looks at commands");
});

test("of a file whose symbols are claimed it is told which may change, and what becomes of a command's other writes", () => {
  const write = claims("src/app.py::first", "src/app.py::<imports>", "src/new.py");
  const edit = (path: string) => explain("edit_file", { path, old_text: "a", new_text: "b" }, { write }).jail;
  expect(edit("src/app.py")).toContain(
    'Of "src/app.py" it may change "first", "<imports>": a write that touches another symbol is refused',
  );
  expect(edit("src/new.py").join()).not.toContain("symbol");
  const put_back = "What a command changes beside the claimed symbols of a file is put back when it has ended";
  expect(explain("run_bash", { cmd: "ls" }, { write }).jail).toContain(put_back);
  expect(explain("run_bash", { cmd: "ls" }).jail).not.toContain(put_back);
});

test("of a call that is refused nothing is left to any jail", () => {
  const refused = [
    command("pip install x"),
    command("$X y"),
    command('python3 "$f" && pip install x'),
    explain("write_file", { path: "x.py", content: "" }),
    explain("read_file", "{"),
    explain("nosuch", {}),
    command("git push; git status", { level: "wasm" }),
  ];
  for (const { allowed, jail, missing } of refused)
    expect({ allowed, jail, missing }).toEqual({ allowed: false, jail: [], missing: [] });
});

test.each<[level: ExplainedPlace["level"], reads: ExplainedPlace["reads"], says: RegExp]>([
  ["bwrap", "limited", /reads the worktree.*is not there$/],
  ["landlock", "limited", /cannot be opened, but its name/],
  ["seatbelt", "limited", /cannot be opened$/],
  ["bwrap", "all", /reads anything/],
  ["wasm", "limited", /is interpreted, and no native program is started/],
  [null, "limited", /reads the worktree[^;]*$/],
])("what holds at level %s, reading %s, is told", (level, reads, says) => {
  const told = command("ls src", { level, reads, rules: OPEN });
  expect([told.level, told.allowed]).toEqual([level, true]);
  expect(told.jail.filter((line) => says.test(line))).toHaveLength(1);
  expect(told.jail.join().includes("the jail confines")).toBe(level !== "wasm");
});

test.each<[text: string, missing: string[]]>([
  ["git status", ["git"]],
  ["ls src && env A=1 git log | head -1; python3 -c 1", ["git", "python3"]],
  ["find . -name a -exec git add {} ';'", ["git"]],
  ["sh -c 'make; make'", ["make"]],
  ["echo $(git rev-parse HEAD)", ["git"]],
  ["grep -rn git src; echo git; command -v git", []],
  ["for f in *.py; do [ -f $f ] && [[ -s $f ]] && cd src; done; export A=1; read b <a; time ls", []],
  ["build() { ls; }; build", []],
  ["function build { ls; }; build && make", ["make"]],
  ["bash x.sh; . ./y", []],
  ["cat <<E\ngit\nE", []],
])("at level wasm %j finds %p missing, and elsewhere nothing", (text, missing) => {
  for (const rules of [OPEN, ToolPolicy.parse({ restrict_run_bash: true })]) {
    const told = command(text, { level: "wasm", rules });
    if (told.allowed) expect(told.missing).toEqual(missing);
    else expect(rules).not.toBe(OPEN);
  }
  for (const level of ["bwrap", "landlock", "seatbelt"] as const)
    expect(command(text, { level, rules: OPEN }).missing).toEqual([]);
});

test("a project's command, and a tool that starts one, are missed at level wasm too", () => {
  const recipes = { ...SCOPE.recipes, test: "python3 -m pytest {test_dir}", lint: "grep -c x '{file}'" };
  const at = (level: "wasm" | "bwrap", tool: string, input: object = {}) =>
    explain(tool, input, { recipes }, { level }).missing;
  expect(at("wasm", "run_tests")).toEqual(["python3"]);
  expect(at("wasm", "lint_check")).toEqual([]);
  expect(at("wasm", "ast_grep", { pattern: "x", lang: "python" })).toEqual([]);
  expect(at("wasm", "git_diff")).toEqual([]); // git is asked outside
  expect(at("bwrap", "run_tests")).toEqual([]);
});

const COUNT: ToolComponent = {
  ...{ name: "count", kind: "tool", description: "Counts", folder: "/nowhere", files: {}, clock: false, write: true },
  ...{ timeout_ms: 30_000, memory_bytes: 256 * 1024 * 1024 },
  parameters: { type: "object", properties: { path: { type: "string" } }, required: ["path"] },
};

test("a component is judged like any tool: by what it says of its input, its role, and its claims", () => {
  const components = [COUNT, { ...COUNT, name: "look", write: false, clock: true }];
  const of = (tool: string, input: unknown, scope: Partial<Scope> = {}) =>
    explain(tool, input, { components, ...scope });
  expect(of("count", {})).toMatchObject({
    allowed: false,
    decided: { layer: "schema", rule: "input", why: expect.stringContaining('argument "path" is missing') },
    jail: [],
  });
  expect(of("count", { path: 1 }).decided).toMatchObject({ allow: false, why: expect.stringContaining('"path"') });
  const writing = of("count", { path: "a" });
  expect(writing).toMatchObject({ allowed: true, decided: { layer: "schema", rule: "tool" }, accesses: [] });
  expect(writing.jail.join("\n")).toMatch(
    /sees src\/app\.py, src\/new\.py, tests\/test_app\.py, may change src\/app\.py, src\/new\.py, has no time/,
  );
  expect(writing.jail.join("\n")).toContain("30 s, and has 256 MiB");
  expect(of("look", { path: "a" }).jail[0]).toMatch(/changes nothing, may ask for the time and no network/);
  expect(of("count", { path: "a" }, { role: "reviewer" }).decided).toMatchObject({ layer: "role", rule: "role" });
  expect(of("look", { path: "a" }, { role: "reviewer" }).allowed).toBe(true);
});
