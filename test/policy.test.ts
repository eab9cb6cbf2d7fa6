import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { parseClaim } from "../packages/sandbox/src/claim.ts";
import { decide, ToolPolicy } from "../packages/sandbox/src/policy.ts";
import { SHELL_RULES } from "../packages/sandbox/src/shell/builtin.ts";
import { openShell } from "../packages/sandbox/src/shell/open.ts";
import { proveRules } from "../packages/sandbox/src/shell/rules.ts";
import type { Access, Scope } from "../packages/sandbox/src/tool.ts";
import { SCOPE } from "./lab.ts";

const shell = await openShell();
const FOLDER = join(import.meta.dir, "fixtures/policy");
const RECIPES = {
  test: "pytest {test_dir}",
  lint: "scripts/lint.sh {file}",
  lint_fix: null,
  format: null,
  type_check: null,
};

const ScopeLine = z.strictObject({
  role: z.enum(["worker", "researcher", "reviewer"]).optional(),
  write: z.array(z.string().transform(parseClaim)).optional(),
  read: z.array(z.string().transform(parseClaim)).optional(),
  deny: z.array(z.string()).optional(),
  allow: z.array(z.string()).optional(),
  test_targets: z.array(z.string()).optional(),
});
const RecipeLine = z.object({
  recipe: z.enum(["test", "lint", "lint_fix", "format", "type_check"]),
  targets: z.array(z.string()),
});

type Row = { place: string; policy: ToolPolicy; scope: Scope; access: Access; want: { allow: boolean; rule: string } };

const LINE = /^(allow|deny)\s+(\S+)\s+(read|write|exec|recipe) (".*"|\{.*\})(?:\s+# .*)?$/;

function rowsOf(file: string): Row[] {
  let policy = ToolPolicy.parse({});
  let scope: Scope = { ...SCOPE, recipes: RECIPES };
  return readFileSync(join(FOLDER, file), "utf8")
    .split("\n")
    .flatMap((line, i): Row[] => {
      const place = `${file}:${i + 1}`;
      if (line === "" || line.startsWith("#")) return [];
      if (line.startsWith("policy ")) {
        policy = ToolPolicy.parse(JSON.parse(line.slice(7)));
        return [];
      }
      if (line.startsWith("scope ")) {
        const parsed = ScopeLine.parse(JSON.parse(line.slice(6)));
        scope = { ...SCOPE, recipes: RECIPES, ...z.record(z.string(), z.unknown()).parse(parsed) };
        return [];
      }
      const match = LINE.exec(line);
      if (!match) throw new Error(`Cannot read ${place}: ${line}`);
      const [, verdict, rule = "", kind = "", data = ""] = match;
      return [
        { place, policy, scope, access: accessOf(kind, JSON.parse(data)), want: { allow: verdict === "allow", rule } },
      ];
    });
}

function accessOf(kind: string, data: unknown): Access {
  if (kind === "recipe") return { kind, ...RecipeLine.parse(data) };
  const text = z.string().parse(data);
  return kind === "exec" ? { kind, command: text } : { kind: kind === "read" ? "read" : "write", path: text };
}

for (const file of readdirSync(FOLDER).sort())
  test(`C8 the decisions of ${file}`, () => {
    const rows = rowsOf(file);
    expect(rows.length).toBeGreaterThan(5);
    const told = rows.map(({ policy, scope, access, place }) => {
      const decision = decide({ rules: policy, scope, shell }, access);
      if (!decision.allow) expect(decision.why.length).toBeGreaterThan(20);
      return { place, access, allow: decision.allow, rule: decision.rule };
    });
    expect(told).toEqual(rows.map(({ place, access, want }) => ({ place, access, ...want })));
  });

test.each([
  [{ restrict_run_bash: "false" }],
  [{ restrict_run_bash: 1 }],
  [{ deny_shell_commands: "pip" }],
  [{ deny_shell_commands: [""] }],
  [{ deny_shell_commands: [5] }],
  [{ restrict_bash: true }],
])("the policy %j is refused", (policy) => {
  expect(ToolPolicy.safeParse(policy).success).toBe(false);
});

test("our own rules keep to their examples", () => {
  expect(() => proveRules(shell.parse, SHELL_RULES)).not.toThrow();
  expect(SHELL_RULES.every(({ matches, passes }) => matches.length > 0 && passes.length > 0)).toBe(true);
});

test("a rule that lies about its examples is not built", () => {
  const rule = SHELL_RULES[0]!;
  expect(() => proveRules(shell.parse, [{ ...rule, matches: ["ls"] }])).toThrow('does not match its example "ls"');
  expect(() => proveRules(shell.parse, [{ ...rule, passes: ["rm x"] }])).toThrow('wrongly matches "rm x"');
  expect(() => proveRules(shell.parse, [rule])).not.toThrow();
});
