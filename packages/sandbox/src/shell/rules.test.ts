import { expect, test } from "bun:test";
import { SHELL_RULES } from "./builtin.ts";
import { openShell } from "./open.ts";
import { proveRules } from "./rules.ts";

const { parse } = await openShell();

test.each(
  SHELL_RULES.map((rule) => [`${rule.rule}: ${rule.words.map(String).join(" | ").slice(0, 60)}`, rule] as const),
)("%s holds for its own examples, and for none of those that it passes", (_, rule) => proveRules(parse, [rule]));

test("a rule that contradicts one of its examples is refused", () => {
  const rule = { ...SHELL_RULES[0]!, matches: ["ls"] };
  expect(() => proveRules(parse, [rule])).toThrow('does not match its example "ls"');
  expect(() => proveRules(parse, [{ ...rule, matches: [], passes: ["rm x"] }])).toThrow('wrongly matches "rm x"');
});
