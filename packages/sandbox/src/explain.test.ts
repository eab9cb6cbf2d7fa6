import { expect, test } from "bun:test";
import { claims, SCOPE } from "../../../test/lab.ts";
import { askedCommand, type Explanation, explainCall } from "./explain.ts";
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

function explain(tool: string, input: unknown, scope: Partial<Scope> = {}, rules = STRICT): Explanation {
  const policy = { rules, scope: { ...SCOPE, ...scope }, shell };
  return explainCall(policy, { tool, input: typeof input === "string" ? input : JSON.stringify(input) }, "/w");
}
const command = (text: string, rules = STRICT) => {
  const asked = askedCommand(text);
  return explain(asked.tool, asked.input, {}, rules);
};

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
  const says = (text: string, rules = STRICT) => command(text, rules).jail.join("\n");
  expect(says("ls src")).not.toMatch(/computed|code|No rule/);
  expect(says('cat "$f"')).toContain("A word is computed");
  expect(says("python3 x.py")).toContain("which no rule reads");
  expect(says("sh x.sh")).toContain("which no rule reads");
  expect(says("sh -c 'ls src'")).not.toContain("which no rule reads");
  expect(explain("run_script", { code: "1" }).jail.join()).toContain("judged call by call");
  expect(says("cat /etc/shadow", ToolPolicy.parse({}))).toContain("reads the worktree");
  expect(says("rm -rf /", ToolPolicy.parse({}))).toContain("No rule looks at commands");
});
